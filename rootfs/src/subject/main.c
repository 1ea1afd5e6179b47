// SPDX-License-Identifier: GPL-2.0
/*
 * subject [--uid N] [--gid N] [--chroot DIR] [--group NAME] [--new-pidns] NAME
 *	[ARGUMENTS]
 *
 * Prints `ready pid=N ...` when the target is in its state, `fail WHY` if it
 * cannot get there, `usage WHY` if it was asked wrongly, then answers lines until its standard input ends. Ends as
 * the target ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../common/children.h"
#include "../common/write.h"
#include "../identity.h"
#include "subject.h"

/* A guest under emulation on a busy host is slow, but not this slow. */
#define DEADLINE_MS	20000

static const struct subject *const subjects[] = {
	&beside, &busy_table, &caller, &churning, &counter, &crowd, &guarded,
	&holder, &leader_gone, &leading, &left, &named, &other_stack, &ports,
	&refused, &self, &sharer, &sleeping, &stopped, &undumpable, &unusual,
	&vforking, &waiting, &within, &zombie,
};

char **arguments, *command_line;
static const struct subject *chosen;
/* Where the keeper reads that the target is settled, and where that is written. */
static int ends[2], settling = -1;
static pid_t target_pid;

void settled_open(void)
{
	if (write(settling, "", 1) != 1)
		_exit(1);
}

void settled(void)
{
	settled_open();
	close(settling);
}

/* In a child of the target's: it is the target that says so. */
void not_to_settle(void)
{
	close(settling);
}

/* What the keeper reads instead of a NUL is why there will be none. */
void cannot(const char *what)
{
	dprintf(settling, "%.60s: %s", what, strerror(errno));
	_exit(1);
}

void rest(void)
{
	for (;;)
		pause();
}

static void __attribute__((noreturn)) end(const char *word, const char *why,
					  int status)
{
	printf("%s %s\n", word, why);
	fflush(stdout);
	if (target_pid > 0)
		kill(target_pid, SIGKILL);
	exit(status);
}

void fail(const char *why)
{
	end("fail", why, 1);
}

void misused(const char *why)
{
	end("usage", why, 2);
}

long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The letter of a task's state in /proc, 0 if there is no such task. */
static char state_of(pid_t pid)
{
	char path[32], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

/* A turn for the other task; after some turns, a tick. */
static void give_way(int turn)
{
	static const struct timespec tick = { .tv_nsec = 1000000 };

	if (turn < 64)
		sched_yield();
	else
		nanosleep(&tick, NULL);
}

/* Nothing tells of another task's state but looking. */
void await_state(pid_t pid, char state)
{
	long long deadline = now_ms() + DEADLINE_MS;
	char why[64], found;
	int turn = 0;

	while ((found = state_of(pid)) != state) {
		if (!found || now_ms() > deadline) {
			snprintf(why, sizeof(why), "its state is %c, not %c",
				 found ? found : '-', state);
			fail(why);
		}
		give_way(turn++);
	}
}

void await_sleep(pid_t target)
{
	await_state(target, 'S');
}

/* Of all tasks only the child has the target for its parent. */
void name_child(pid_t target)
{
	printf(" child=%d", first_child(target));
}

static const struct subject *find_subject(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (!strcmp(subjects[i]->name, name))
			return subjects[i];
	return NULL;
}

static int list_subjects(void)
{
	size_t i;

	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		printf("%-12s %s\n", subjects[i]->name, subjects[i]->about);
	return 0;
}

/* Takes the options in front; returns the index of the subject's name. */
static int parse(int argc, char **argv, struct identity *who)
{
	int i;

	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--new-pidns")) {
			who->new_pidns = true;
			continue;
		}
		if (i + 1 == argc)
			misused("an option needs a value");
		if (!strcmp(argv[i], "--uid"))
			who->uid = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--gid"))
			who->gid = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--chroot"))
			who->chroot = argv[++i];
		else if (!strcmp(argv[i], "--group"))
			who->group = argv[++i];
		else
			misused("no such option");
	}
	return i;
}

/*
 * Below another root the target has to be a program of that root, else its
 * own file is one that it cannot see.
 */
static void copy_program(const char *root)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to;
	char path[256], data[65536];
	bool copied = true;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/subject", root);
	if (access(path, X_OK) == 0) {
		close(from);
		return;
	}
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	while (copied && (n = read(from, data, sizeof(data))) != 0)
		copied = n > 0 && write_all(to, data, (size_t)n);
	close(from);
	if (to < 0 || !copied || fchmod(to, 0755) < 0 || close(to) < 0) {
		if (to >= 0)
			unlink(path);
		fail("copying the program into the root");
	}
}

static void exec_target(void)
{
	char fd[16], *argv[64] = { "subject", "--target", fd, (char *)chosen->name };
	int i;

	snprintf(fd, sizeof(fd), "%d", settling);
	for (i = 0; i < 59 && arguments[i]; i++)
		argv[4 + i] = arguments[i];
	fcntl(settling, F_SETFD, 0);
	execv("/subject", argv);
	cannot("/subject");
}

static void __attribute__((noreturn)) be_target(void)
{
	prctl(PR_SET_NAME, chosen->name);
	chosen->target(arguments);
	rest();
}

static int start_as(void *identity)
{
	const struct identity *who = identity;
	const char *failed;
	sigset_t none;

	close(ends[0]);
	settling = ends[1];
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close(0);
	close(1);
	close(2);
	if (chosen->talks)
		start_talk();
	failed = assume(who);
	if (failed)
		cannot(failed);
	if (who->chroot)
		exec_target();
	/* Changing the user made it undumpable, as no exec came after it. */
	if (!chosen->hidden)
		prctl(PR_SET_DUMPABLE, 1);
	be_target();
}

static pid_t fork_target(struct identity *who)
{
	pid_t pid;

	if (chosen->make)
		return chosen->make(start_as, who, fork_flags(who));
	pid = fork_as(who);
	if (pid == 0)
		start_as(who);
	return pid;
}

static void start_target(struct identity *who)
{
	char words[128];
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("pipe");
	if (chosen->prepare)
		chosen->prepare(arguments);
	if (chosen->talks && who->chroot)
		misused("it cannot talk from below another root");
	if (chosen->talks)
		prepare_talk();
	if (who->chroot)
		copy_program(who->chroot);
	target_pid = fork_target(who);
	if (target_pid < 0)
		fail(strerror(errno));
	close(ends[1]);
	n = read(ends[0], words, sizeof(words) - 1);
	words[n > 0 ? n : 0] = '\0';
	if (n != 1 || *words)
		fail(*words ? words : "the target died early");
	close(ends[0]);
}

/* Ends as the target did, so that who started the subject learns of it. */
static void end_as(int status)
{
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		/* A core dump of the keeper would help nobody. */
		prctl(PR_SET_DUMPABLE, 0);
		kill(getpid(), WTERMSIG(status));
	}
	exit(WEXITSTATUS(status));
}

static void answer(char *line)
{
	if (chosen->talks)
		ask(target_pid, line);
	else if (!chosen->answer || !chosen->answer(target_pid, line))
		printf("unknown %s\n", line);
	fflush(stdout);
}

/* Reads lines and hands them on; at the end the target goes with the keeper. */
static void read_lines(void)
{
	static char text[4096];
	static size_t used;
	char *newline;
	ssize_t n;

	n = read(STDIN_FILENO, text + used, sizeof(text) - used);
	if (n <= 0) {
		kill(target_pid, SIGKILL);
		waitpid(target_pid, NULL, 0);
		exit(0);
	}
	used += (size_t)n;
	while ((newline = memchr(text, '\n', used))) {
		*newline = '\0';
		answer(text);
		used -= (size_t)(newline + 1 - text);
		memmove(text, newline + 1, used);
	}
	if (used == sizeof(text))
		fail("too long a line");
}

static void wake_up(int number)
{
	(void)number;
}

static void keep(const sigset_t *while_waiting)
{
	struct pollfd polls[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN },
	};
	int status;

	for (;;) {
		polls[1].fd = answers_fd();
		if (ppoll(polls, 2, NULL, while_waiting) > 0) {
			if (polls[1].revents)
				pass_answers();
			if (polls[0].revents)
				read_lines();
		}
		if (!chosen->may_end &&
		    waitpid(target_pid, &status, WNOHANG) == target_pid)
			end_as(status);
	}
}

int main(int argc, char **argv)
{
	struct sigaction child = { .sa_handler = wake_up, .sa_flags = SA_NOCLDSTOP };
	struct identity who = SAME_IDENTITY;
	sigset_t blocked, open;
	int i;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list_subjects();
	command_line = argv[0];
	if (argc > 3 && !strcmp(argv[1], "--target")) {
		settling = atoi(argv[2]);
		fcntl(settling, F_SETFD, FD_CLOEXEC);
		chosen = find_subject(argv[3]);
		arguments = argv + 4;
		be_target();
	}
	i = parse(argc, argv, &who);
	chosen = i < argc ? find_subject(argv[i]) : NULL;
	if (!chosen)
		misused("no such subject; see subject --list");
	arguments = argv + i + 1;

	sigaction(SIGCHLD, &child, NULL);
	sigemptyset(&open);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	start_target(&who);
	if (chosen->reached)
		chosen->reached(target_pid);
	printf("ready pid=%d", target_pid);
	if (chosen->facts)
		chosen->facts(target_pid);
	printf("\n");
	fflush(stdout);
	keep(&open);
}
