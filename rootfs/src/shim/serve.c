// SPDX-License-Identifier: GPL-2.0
/*
 * shim serve: requests on standard input, answers and events on standard
 * output, one line each. Whatever may block runs in a process of its own, so
 * that a stuck system call holds up nothing but its own answer.
 *
 * The end of the standard input ends all that serve has started.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/write.h"
#include "../cr-abi.h"
#include "shim.h"

#define MOST_WORDS	1024
#define REQUEST_LIMIT	JSON_LIMIT

/* A command that runs in a process of its own. */
struct job {
	struct job *next;
	char *id, *detach_id;	/* whose answer its end is, if not its own */
	pid_t pid, traced;
	int fd;
	bool answered, cancelled;
	char *text;		/* its answer so far */
	size_t used;
};

static struct job *jobs;

static void say_hello(void)
{
	const struct cr_abi *abi = cr_abi();
	struct utsname uts;
	struct json hello;

	uname(&uts);
	json_begin(&hello);
	json_number(&hello, "hello", 1);
	json_text(&hello, "release", uts.release);
	json_text(&hello, "machine", uts.machine);
	json_number(&hello, "pid", getpid());
	json_open(&hello, "nr", '{');
	json_number(&hello, "checkpoint", abi->checkpoint);
	json_number(&hello, "restart", abi->restart);
	json_close(&hello, '}');
	send_line(&hello);
}

static void be_job(int fd, int argc, char **argv)
{
	sigset_t none;
	struct json out;
	const char *line;
	size_t length;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	json_begin(&out);
	run_command(&out, argc, argv);
	line = json_finish(&out, &length);
	if (!write_all(fd, line, length))
		_exit(1);
	while (linger)
		pause();
	_exit(0);
}

static int start_job(struct json *out, const char *id, int argc, char **argv)
{
	struct job *job = calloc(1, sizeof(*job));
	long long traced = 0;
	int ends[2], status;

	if (!job || pipe2(ends, O_CLOEXEC) < 0) {
		status = fail(out, "starting a job");
		free(job);
		return status;
	}
	job->pid = fork();
	if (job->pid < 0) {
		status = fail(out, "starting a job");
		close(ends[0]);
		close(ends[1]);
		free(job);
		return status;
	}
	if (job->pid == 0)
		be_job(ends[1], argc, argv);
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (!strcmp(argv[0], "ptrace") && argc > 1)
		parse_number(argv[1], &traced);
	job->fd = ends[0];
	job->id = strdup(id);
	job->traced = (pid_t)traced;
	job->next = jobs;
	jobs = job;
	return DONE;
}

static void answer_job(struct job *job)
{
	struct json answer, members = {
		.text = job->text, .used = job->used - strlen("}\n"),
	};

	begin_answer(&answer, job->id);
	json_members(&answer, &members);
	send_line(&answer);
	job->answered = true;
}

static void read_job(struct job *job)
{
	char data[16384], *grown;
	ssize_t n;

	while (job->fd >= 0) {
		n = read(job->fd, data, sizeof(data));
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close(job->fd);
			job->fd = -1;
			return;
		}
		grown = realloc(job->text, job->used + (size_t)n);
		if (!grown)
			continue;
		job->text = grown;
		memcpy(job->text + job->used, data, (size_t)n);
		job->used += (size_t)n;
		if (data[n - 1] == '\n' && !job->answered)
			answer_job(job);
	}
}

static void free_job(struct job *job)
{
	struct job **link = &jobs;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	if (job->fd >= 0)
		close(job->fd);
	free(job->id);
	free(job->detach_id);
	free(job->text);
	free(job);
}

static void job_ended(pid_t pid, int status)
{
	struct job *job = jobs;
	struct json answer;

	while (job && job->pid != pid)
		job = job->next;
	if (!job)
		return;
	read_job(job);
	if (!job->answered) {
		begin_answer(&answer, job->id);
		if (job->cancelled)
			json_bool(&answer, "cancelled", true);
		else
			json_text(&answer, "error", "the command died");
		report_end(&answer, status);
		send_line(&answer);
	}
	if (job->detach_id) {
		/* What attaching sent would stop it as soon as it is thawed. */
		kill(job->traced, SIGCONT);
		begin_answer(&answer, job->detach_id);
		json_text(&answer, "cmd", "detach");
		json_number(&answer, "pid", job->traced);
		send_line(&answer);
	}
	free_job(job);
}

static int cancel_request(struct json *out, int argc, char **argv)
{
	struct job *job = jobs;

	if (argc != 2)
		return misuse(out, "cancel takes an ID");
	while (job && (job->answered || strcmp(job->id, argv[1])))
		job = job->next;
	json_bool(out, "cancelled", job != NULL);
	if (!job)
		return DONE;
	job->cancelled = true;
	kill(-job->pid, SIGKILL);
	kill(job->pid, SIGKILL);
	return DONE;
}

/* Answered when the tracer is gone, see job_ended(). */
static int detach_request(struct json *out, const char *id, int argc, char **argv)
{
	struct job *job = jobs;
	long long pid;

	if (argc != 2 || !parse_number(argv[1], &pid))
		return misuse(out, "detach takes a PID");
	while (job && (job->traced != pid || job->detach_id))
		job = job->next;
	if (!job)
		return misuse(out, "nobody here traces this task");
	job->detach_id = strdup(id);
	kill(job->pid, SIGKILL);
	return DONE;
}

/* Carries out one request; what can be answered at once, is. */
static void handle(char *line)
{
	static char *words[MOST_WORDS + 1];
	int argc = split_words(line, words, MOST_WORDS) - 1, status;
	const char *id = words[0], *name = words[1];
	char **argv = words + 1;
	const struct command *command;
	struct json answer;

	begin_answer(&answer, id ? id : "");
	if (argc < 1) {
		misuse(&answer, "a request is ID, a tab, COMMAND, and arguments");
		send_line(&answer);
		return;
	}
	command = find_command(name);
	if (command && !command->quick) {
		status = start_job(&answer, id, argc, argv);
		if (status != DONE)
			send_line(&answer);
		return;
	}
	if (command) {
		run_command(&answer, argc, argv);
		send_line(&answer);
		return;
	}
	json_text(&answer, "cmd", name);
	if (!strcmp(name, "wait") || !strcmp(name, "end"))
		status = wait_request(&answer, id, *name == 'e', argc, argv);
	else if (!strcmp(name, "detach"))
		status = detach_request(&answer, id, argc, argv);
	else
		status = -1;
	if (status == DONE) {
		json_free(&answer);
		return;
	}
	if (!strcmp(name, "spawn"))
		spawn_request(&answer, argc, argv);
	else if (!strcmp(name, "input"))
		input_request(&answer, argc, argv);
	else if (!strcmp(name, "close"))
		close_request(&answer, argc, argv);
	else if (!strcmp(name, "cancel"))
		cancel_request(&answer, argc, argv);
	else if (status < 0)
		misuse(&answer, "no such command");
	send_line(&answer);
}

/* Reads what there is and handles the lines in it; false at the end. */
static bool read_requests(void)
{
	static char *text;
	static size_t used, room;
	char *newline, *line, *grown;
	ssize_t n;

	if (used == room) {
		room = room ? room * 2 : 65536;
		grown = room > REQUEST_LIMIT ? NULL : realloc(text, room);
		if (!grown)
			return false;
		text = grown;
	}
	n = read(STDIN_FILENO, text + used, room - used);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	used += (size_t)n;
	line = text;
	while ((newline = memchr(line, '\n', used - (size_t)(line - text)))) {
		*newline = '\0';
		handle(line);
		line = newline + 1;
	}
	used -= (size_t)(line - text);
	memmove(text, line, used);
	return true;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!program_ended(pid, status))
			job_ended(pid, status);
}

/* Returns what to poll, standard input first, and how many. */
static struct pollfd *list_polls(size_t *count)
{
	static struct pollfd *polls;
	static size_t room;
	struct job *job;

	for (;;) {
		*count = 1;
		for (job = jobs; job; job = job->next) {
			if (job->fd < 0)
				continue;
			if (*count < room)
				polls[*count] = (struct pollfd){
					.fd = job->fd, .events = POLLIN,
				};
			++*count;
		}
		*count += poll_programs(polls + *count,
					*count < room ? room - *count : 0);
		if (*count <= room)
			break;
		room = *count * 2;
		free(polls);
		polls = calloc(room, sizeof(*polls));
		if (!polls)
			_exit(1);
	}
	polls[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	return polls;
}

static void wake_up(int number)
{
	(void)number;
}

int serve(void)
{
	struct sigaction child = { .sa_handler = wake_up };
	sigset_t blocked, open;
	struct pollfd *polls;
	struct job *job;
	size_t count;
	bool more = true;

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGCHLD, &child, NULL);
	sigemptyset(&open);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	say_hello();
	while (more && anybody_listens()) {
		polls = list_polls(&count);
		if (ppoll(polls, count, NULL, &open) > 0) {
			for (job = jobs; job; job = job->next)
				read_job(job);
			read_programs();
			if (polls[0].revents)
				more = read_requests();
		}
		reap();
	}
	end_programs();
	for (job = jobs; job; job = job->next)
		kill(-job->pid, SIGKILL);
	return DONE;
}
