// SPDX-License-Identifier: GPL-2.0
/*
 * subject [--uid N] [--gid N] [--chroot DIR] [--group NAME] [--new-pidns] NAME
 *	[ARGUMENTS]
 *
 * Prints `ready pid=N ...` when the target is in its state, `fail WHY` if it
 * cannot get there, then answers lines until its standard input ends. Ends as
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
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../identity.h"
#include "subject.h"

/* A guest under emulation on a busy host is slow, but not this slow. */
#define DEADLINE_MS	20000

static const struct subject *const subjects[] = {
	&caller, &counter, &holder, &leader_gone, &named, &ports, &self,
	&sleeping, &stopped, &undumpable, &zombie,
};

struct notes *notes;
char **arguments;
static int settling = -1;
static pid_t target_pid;

void settled(void)
{
	if (write(settling, "", 1) != 1)
		_exit(1);
	close(settling);
}

void cannot(const char *what)
{
	snprintf(notes->why, sizeof(notes->why), "%.60s: %s", what,
		 strerror(errno));
	_exit(1);
}

void rest(void)
{
	for (;;)
		pause();
}

void fail(const char *why)
{
	printf("fail %s\n", why);
	fflush(stdout);
	if (target_pid > 0)
		kill(target_pid, SIGKILL);
	exit(1);
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
			fail("an option needs a value");
		if (!strcmp(argv[i], "--uid"))
			who->uid = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--gid"))
			who->gid = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--chroot"))
			who->chroot = argv[++i];
		else if (!strcmp(argv[i], "--group"))
			who->group = argv[++i];
		else
			fail("no such option");
	}
	return i;
}

static void be_target(const struct subject *subject, const struct identity *who)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const char *failed;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!subject->talks) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
	}
	close(fd);
	failed = assume(who);
	if (failed)
		cannot(failed);
	/* Changing the user made it undumpable, as no exec came after it. */
	if (!subject->hidden)
		prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_NAME, subject->name);
	subject->target(arguments);
	rest();
}

static void start_target(const struct subject *subject,
			 const struct identity *who)
{
	char byte;
	int ends[2];

	notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (notes == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
		fail("no memory or pipe");
	if (subject->prepare)
		subject->prepare(arguments);
	fflush(stdout);
	target_pid = fork_as(who);
	if (target_pid < 0)
		fail(strerror(errno));
	settling = ends[1];
	if (target_pid == 0) {
		close(ends[0]);
		be_target(subject, who);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		fail(*notes->why ? notes->why : "the target died early");
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

static void answer(const struct subject *subject, char *line)
{
	if (!subject->answer || !subject->answer(target_pid, line))
		printf("unknown %s\n", line);
	fflush(stdout);
}

/* Reads lines and hands them on; at the end the target goes with the keeper. */
static void read_lines(const struct subject *subject)
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
		answer(subject, text);
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

static void keep(const struct subject *subject, const sigset_t *while_waiting)
{
	struct pollfd input = {
		.fd = subject->talks ? -1 : STDIN_FILENO, .events = POLLIN,
	};
	int status;

	for (;;) {
		if (ppoll(&input, 1, NULL, while_waiting) > 0)
			read_lines(subject);
		if (!subject->may_end &&
		    waitpid(target_pid, &status, WNOHANG) == target_pid)
			end_as(status);
	}
}

int main(int argc, char **argv)
{
	struct sigaction child = { .sa_handler = wake_up, .sa_flags = SA_NOCLDSTOP };
	struct identity who = SAME_IDENTITY;
	const struct subject *subject;
	sigset_t blocked, open;
	int i;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list_subjects();
	i = parse(argc, argv, &who);
	subject = i < argc ? find_subject(argv[i]) : NULL;
	if (!subject)
		fail("no such subject; see subject --list");
	arguments = argv + i + 1;

	sigaction(SIGCHLD, &child, NULL);
	sigemptyset(&open);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	start_target(subject, &who);
	if (subject->reached)
		subject->reached(target_pid);
	printf("ready pid=%d", target_pid);
	if (subject->facts)
		subject->facts(target_pid);
	printf("\n");
	fflush(stdout);
	keep(subject, &open);
}
