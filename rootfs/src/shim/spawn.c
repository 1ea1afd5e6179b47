// SPDX-License-Identifier: GPL-2.0
/* Programs that serve starts, listens to and sees the end of. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"

/* Longest line relayed as one; a longer one comes in pieces. */
#define LINE_BYTES	65536
/* Starting a program takes far less, unless its group is frozen. */
#define START_MS	5000

struct stream {
	const char *name;
	int fd;
	size_t used;
	char *line;
};

struct waiter {
	struct waiter *next;
	char *id, *command;
};

struct program {
	struct program *next;
	long handle;
	pid_t pid;
	int input, status;
	/* Its first task was reaped; nobody of its session is left. */
	bool ended, gone;
	struct stream streams[2];
	struct waiter *waiters;
};

/* Why a program could not be started, from its task to the shim. */
struct refusal {
	int error;
	char what[256];
};

static struct program *programs;
static long last_handle;

static void relay(const struct program *program, const struct stream *stream,
		  size_t length)
{
	struct json event;

	json_begin(&event);
	json_text(&event, "event", "line");
	json_number(&event, "handle", program->handle);
	json_text(&event, "stream", stream->name);
	json_bytes(&event, "text", stream->line, length);
	send_line(&event);
}

static void relay_lines(const struct program *program, struct stream *stream)
{
	char *newline;
	size_t length;

	while ((newline = memchr(stream->line, '\n', stream->used))) {
		length = (size_t)(newline - stream->line);
		relay(program, stream, length);
		stream->used -= length + 1;
		memmove(stream->line, newline + 1, stream->used);
	}
	if (stream->used == LINE_BYTES) {
		relay(program, stream, stream->used);
		stream->used = 0;
	}
}

/* Takes all that a stream holds now. */
static void read_stream(const struct program *program, struct stream *stream)
{
	ssize_t n;

	while (stream->fd >= 0) {
		n = read(stream->fd, stream->line + stream->used,
			 LINE_BYTES - stream->used);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0) {
			stream->used += (size_t)n;
			relay_lines(program, stream);
			continue;
		}
		if (stream->used)
			relay(program, stream, stream->used);
		stream->used = 0;
		close(stream->fd);
		free(stream->line);
		stream->fd = -1;
		stream->line = NULL;
	}
}

void read_programs(void)
{
	struct program *program;

	for (program = programs; program; program = program->next) {
		read_stream(program, &program->streams[0]);
		read_stream(program, &program->streams[1]);
	}
}

/* Returns how many descriptors to poll; beyond `room` they are only counted. */
size_t poll_programs(struct pollfd *polls, size_t room)
{
	struct program *program;
	size_t count = 0;
	int i;

	for (program = programs; program; program = program->next)
		for (i = 0; i < 2; i++) {
			if (program->streams[i].fd < 0)
				continue;
			if (count < room)
				polls[count] = (struct pollfd){
					.fd = program->streams[i].fd,
					.events = POLLIN,
				};
			count++;
		}
	return count;
}

static void answer_waiters(struct program *program)
{
	struct waiter *waiter;
	struct json answer;

	while ((waiter = program->waiters)) {
		program->waiters = waiter->next;
		begin_answer(&answer, waiter->id);
		json_text(&answer, "cmd", waiter->command);
		json_number(&answer, "handle", program->handle);
		report_end(&answer, program->status);
		if (*waiter->command == 'e') {
			program->gone = program->gone || await_gone(-program->pid);
			json_bool(&answer, "gone", program->gone);
		}
		send_line(&answer);
		free(waiter->id);
		free(waiter->command);
		free(waiter);
	}
}

/* Called for every task that serve has reaped; false if it is no program. */
bool program_ended(pid_t pid, int status)
{
	struct program *program = programs;
	struct json event;

	while (program && (program->pid != pid || program->ended))
		program = program->next;
	if (!program)
		return false;
	/* All that it said comes before its end. */
	read_stream(program, &program->streams[0]);
	read_stream(program, &program->streams[1]);
	program->ended = true;
	program->status = status;
	/* From here on its number may be anybody's. */
	program->gone = !session_lives(pid);
	close(program->input);
	program->input = -1;
	json_begin(&event);
	json_text(&event, "event", "exit");
	json_number(&event, "handle", program->handle);
	report_end(&event, status);
	send_line(&event);
	answer_waiters(program);
	return true;
}

/*
 * Its whole process group goes, frozen or not. What has already ended may have
 * left others behind.
 */
static void kill_program(const struct program *program)
{
	if (program->gone)
		return;
	kill(-program->pid, SIGKILL);
	thaw_session(program->pid);
}

void end_programs(void)
{
	struct program *program;

	for (program = programs; program; program = program->next)
		kill_program(program);
}

static void become(char **argv, const struct identity *who, int pipes[3][2],
		   int report)
{
	struct refusal refusal = { 0 };
	const char *failed;
	sigset_t none;
	int number;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* What the SSH server ignores, say, is no concern of the program. */
	for (number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	setsid();
	dup2(pipes[0][0], 0);
	dup2(pipes[1][1], 1);
	dup2(pipes[2][1], 2);
	failed = assume(who);
	if (!failed) {
		execvp(argv[0], argv);
		failed = argv[0];
	}
	refusal.error = errno;
	snprintf(refusal.what, sizeof(refusal.what), "%s", failed);
	if (write(report, &refusal, sizeof(refusal)) < 0)
		_exit(126);
	_exit(127);
}

static void close_pipes(int (*pipes)[2], int count)
{
	while (count-- > 0) {
		if (pipes[count][0] >= 0)
			close(pipes[count][0]);
		if (pipes[count][1] >= 0)
			close(pipes[count][1]);
	}
}

/* Waits until the program runs; returns what stood in its way, or nothing. */
static bool started(int report, struct refusal *refusal)
{
	struct pollfd wait = { .fd = report, .events = POLLIN };

	if (poll(&wait, 1, START_MS) <= 0) {
		refusal->error = ETIMEDOUT;
		strcpy(refusal->what, "starting the program");
		return false;
	}
	return read(report, refusal, sizeof(*refusal)) <= 0;
}

static void adopt(struct program *program, pid_t pid, int pipes[3][2])
{
	static const char *const names[2] = { "out", "err" };
	int i;

	program->handle = ++last_handle;
	program->pid = pid;
	program->input = pipes[0][1];
	fcntl(program->input, F_SETFL, O_NONBLOCK);
	for (i = 0; i < 2; i++) {
		program->streams[i].name = names[i];
		program->streams[i].fd = pipes[i + 1][0];
		fcntl(program->streams[i].fd, F_SETFL, O_NONBLOCK);
	}
	pipes[0][1] = pipes[1][0] = pipes[2][0] = -1;
	program->next = programs;
	programs = program;
}

int spawn_request(struct json *out, int argc, char **argv)
{
	int i, pipes[4][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct identity who = SAME_IDENTITY;
	const struct option options[] = { IDENTITY_OPTIONS(who) };
	struct refusal refusal = { 0 };
	struct program *program;
	pid_t pid;

	if (parse_options(out, options, sizeof(options) / sizeof(options[0]),
			  &argc, argv))
		return MISUSED;
	if (argc < 2)
		return misuse(out, "spawn [options] -- PROGRAM [ARGUMENTS]");
	program = calloc(1, sizeof(*program));
	if (!program)
		return fail(out, argv[1]);
	for (i = 0; i < 2; i++)
		program->streams[i].line = malloc(LINE_BYTES);
	for (i = 0; i < 4; i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0)
			goto fail;
	pid = fork_as(&who);
	if (pid < 0)
		goto fail;
	if (pid == 0)
		become(argv + 1, &who, pipes, pipes[3][1]);
	close(pipes[3][1]);
	pipes[3][1] = -1;
	if (!started(pipes[3][0], &refusal)) {
		kill(pid, SIGKILL);
		thaw_task(pid);
		close_pipes(pipes, 4);
		free(program->streams[0].line);
		free(program->streams[1].line);
		free(program);
		errno = refusal.error;
		return fail(out, refusal.what);
	}
	adopt(program, pid, pipes);
	close_pipes(pipes, 4);
	json_number(out, "handle", program->handle);
	json_number(out, "pid", pid);
	return DONE;
fail:
	i = errno;
	close_pipes(pipes, 4);
	free(program->streams[0].line);
	free(program->streams[1].line);
	free(program);
	errno = i;
	return fail(out, argv[1]);
}

static struct program *find_program(struct json *out, const char *text)
{
	struct program *program = programs;
	long long handle;

	if (!parse_number(text, &handle))
		handle = 0;
	while (program && program->handle != handle)
		program = program->next;
	if (!program)
		misuse(out, "no program has this handle");
	return program;
}

/* One line to its standard input. */
int input_request(struct json *out, int argc, char **argv)
{
	struct program *program;
	size_t length;
	ssize_t n;

	if (argc != 3)
		return misuse(out, "input takes a HANDLE and a TEXT");
	program = find_program(out, argv[1]);
	if (!program)
		return MISUSED;
	/* The newline takes the place of the string's end. */
	length = strlen(argv[2]);
	if (length == 0 || argv[2][length - 1] != '\n')
		argv[2][length++] = '\n';
	n = write(program->input, argv[2], length);
	json_number(out, "ret", n);
	json_text(out, "errno", n < 0 ? errno_name(errno) : NULL);
	return DONE;
}

int close_request(struct json *out, int argc, char **argv)
{
	struct program *program;

	if (argc != 2)
		return misuse(out, "close takes a HANDLE");
	program = find_program(out, argv[1]);
	if (!program)
		return MISUSED;
	if (program->input >= 0)
		close(program->input);
	program->input = -1;
	return DONE;
}

/*
 * `wait` is answered when the program has ended; `end` kills it first. Returns
 * DONE if the answer comes later.
 */
int wait_request(struct json *out, const char *id, bool end, int argc,
		 char **argv)
{
	struct program *program;
	struct waiter *waiter;

	if (argc != 2)
		return misuse(out, "wait and end take a HANDLE");
	program = find_program(out, argv[1]);
	if (!program)
		return MISUSED;
	waiter = calloc(1, sizeof(*waiter));
	if (!waiter)
		return fail(out, "wait");
	waiter->id = strdup(id);
	waiter->command = strdup(end ? "end" : "wait");
	waiter->next = program->waiters;
	program->waiters = waiter;
	if (end)
		kill_program(program);
	if (program->ended)
		answer_waiters(program);
	return DONE;
}
