// SPDX-License-Identifier: GPL-2.0
/*
 * work [--below] NAME DIR: says `started`, lets go of standard input and output,
 * sets itself up, says `ready` into the FIFO DIR/said, works until DIR/go is
 * there, verifies itself and ends with 0. What it found wrong stands in
 * DIR/verdict, and its status is 1. With --below all of that is done by a child,
 * as whose parent, a container's init say, it ends as that does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/write.h"
#include "work.h"

static const struct workload *const groups[] = {
	workloads_memory, workloads_files, workloads_tasks, workloads_signals,
	workloads_calls, workloads_ipc, workloads_maps, workloads_waits,
	workloads_programs, workloads_pids, workloads_families,
	workloads_streams, workloads_newer, workloads_habits, workloads_together,
	workloads_sets, workloads_losses, workloads_kept, workloads_rarer,
	workloads_guards,
	workloads_bench,
};

static char *folder;

const char *own(const char *name)
{
	static char paths[4][256];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void verdict(const char *text)
{
	int fd = open(own("verdict"), O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0 || !write_all(fd, text, strlen(text)))
		_exit(3);
	close(fd);
}

/* Whether the lab has been told that the state is complete. */
static bool is_ready;

static void moment(void)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };

	nanosleep(&pause, NULL);
}

/* The lab reads this FIFO, soon, unless it has been told already. */
static void say(const char *text)
{
	int fd, tries = 1000;
	bool nobody_reads;

	do {
		fd = open(own("said"), O_WRONLY | O_NONBLOCK);
		nobody_reads = fd < 0 && errno == ENXIO;
		if (nobody_reads)
			moment();
	} while (nobody_reads && tries--);
	if (fd < 0 || !write_all(fd, text, strlen(text)))
		_exit(4);
	close(fd);
}

void broken(const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text) - 1, format, list);
	va_end(list);
	strcat(text, "\n");
	verdict(text);
	if (!is_ready)
		say(text);
	_exit(1);
}

bool may_end(void)
{
	struct stat status;

	/* Not access(), which asks for the real user. */
	return stat(own("go"), &status) == 0;
}

/* A second name of the FIFO, which stands for a child that is not yet settled. */
static char unsettled[300];

void settle(void)
{
	if (*unsettled)
		unlink(unsettled);
	*unsettled = '\0';
}

void await_settled(void)
{
	struct stat status;

	while (stat(own("said"), &status) == 0 && status.st_nlink > 1)
		moment();
}

void await_end(void)
{
	settle();
	while (!may_end())
		moment();
}

/* How many more children have ended with a status than were expected to. */
static int surplus[256];

static void all_reaped(void)
{
	char text[256] = "";
	size_t used = 0;
	int status;

	for (status = 0; status < 256; status++)
		if (surplus[status] && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 " %+d with %d", surplus[status],
						 status);
	if (used)
		broken("children have ended:%s", text);
}

pid_t child(int (*work)(void *), void *argument)
{
	static int number;
	char name[sizeof(unsettled)];
	pid_t pid;
	int status;

	snprintf(name, sizeof(name), "%s/child-%d-%d", folder, getpid(), number++);
	if (link(own("said"), name) < 0)
		broken("link: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		broken("fork: %s", strerror(errno));
	if (pid)
		return pid;
	strcpy(unsettled, name);
	memset(surplus, 0, sizeof(surplus));
	status = work(argument);
	settle();
	all_reaped();
	_exit(status);
}

void reap(int status)
{
	int found;
	pid_t ended;

	settle();
	do
		ended = wait(&found);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		broken("waiting for a child: %s", strerror(errno));
	if (!WIFEXITED(found))
		broken("a child ended with 0x%x, not %d", found, status);
	surplus[WEXITSTATUS(found)]++;
	surplus[status]--;
}

unsigned char pattern(size_t place)
{
	return (unsigned char)(place * 167 + (place >> 8) * 13 + 5);
}

void fill(void *memory, size_t length, size_t seed)
{
	unsigned char *bytes = memory;
	size_t i;

	for (i = 0; i < length; i++)
		bytes[i] = pattern(seed + i);
}

bool filled(const void *memory, size_t length, size_t seed)
{
	const unsigned char *bytes = memory;
	size_t i;

	for (i = 0; i < length; i++)
		if (bytes[i] != pattern(seed + i))
			return false;
	return true;
}

static const struct workload *find(const char *name)
{
	const struct workload *workload;
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (workload = groups[i]; workload->name; workload++)
			if (!strcmp(workload->name, name))
				return workload;
	return NULL;
}

static int list(void)
{
	const struct workload *workload;
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (workload = groups[i]; workload->name; workload++)
			printf("%-16s %s\n", workload->name, workload->about);
	return 0;
}

/* A pipe to the lab is shared with the outside: nothing that could be saved. */
static void let_go(void)
{
	int fd = open("/dev/null", O_RDWR);

	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

/* The state is complete now, of all children, too. */
void say_ready(void)
{
	await_settled();
	is_ready = true;
	say("ready\n");
}

/* Of a pid namespace's init the pid inside would tell nobody who it is. */
static void say_started(void)
{
	if (getpid() == 1)
		puts("started");
	else
		printf("started pid=%d\n", getpid());
	fflush(stdout);
}

/* Comes back in a child; sees to it, and to those that others leave behind. */
static void go_below(void)
{
	pid_t worker = fork(), ended;
	int status;

	if (!worker)
		return;
	do
		ended = wait(&status);
	while (ended != worker && (ended > 0 || errno == EINTR));
	if (ended != worker)
		broken("waiting for the worker: %s", strerror(errno));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
	const struct workload *workload;
	bool below;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	below = argc == 4 && !strcmp(argv[1], "--below");
	argv += below;
	workload = argc == 3 + below ? find(argv[1]) : NULL;
	if (!workload) {
		fputs("usage: work [--below] NAME DIR | --list\n", stderr);
		return 2;
	}
	begin_anew(workload, argv - below);
	folder = argv[2];
	if (mkfifo(own("said"), 0600) < 0) {
		perror(own("said"));
		return 3;
	}
	say_started();
	let_go();
	if (below)
		go_below();
	workload->prepare();
	if (!workload->says_ready)
		say_ready();
	while (!may_end()) {
		if (workload->step)
			workload->step();
		moment();
	}
	workload->verify();
	all_reaped();
	verdict("pass\n");
	return 0;
}
