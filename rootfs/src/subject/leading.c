// SPDX-License-Identifier: GPL-2.0
/*
 * Leads a restart that others take part in who need not be what the image says
 * of them, or is led itself:
 *
 *	checkpoint PATH	ret=N errno=NAME: saves itself
 *	join		child=PID: a child that joins its restart, to come
 *	join traced	the same; it stops for us before it ends
 *	join apart	the same; it is in another UTS namespace, of the same names
 *	lead PATH	ret=N errno=NAME, if it is refused
 *	stall PATH	the same, from a pipe. When all but the tail of the image
 *			has been read, a task beside begins to trace the child,
 *			which stops for that one before it ends; then comes the tail
 *	led PATH	ret=N errno=NAME: it joins a restart that a child leads
 *	orphan PATH	child=PID: a child that is to end with SIGUSR1 restarts,
 *			and has read all but the tail, which comes once its parent
 *			has gone; or ret=N errno=NAME, if it is refused
 *	renice PID	ret=N errno=NAME: that task has nice value 5
 *	limit PID	ret=N errno=NAME: that task may have 100 files open
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../common/children.h"
#include "../common/names.h"
#include "../common/write.h"
#include "../cr-abi.h"
#include "subject.h"

/* docs/image-format.md: each object begins with its type and its length. */
#define TAIL	9001

static pid_t child;

static void print_result(long ret)
{
	printf("ret=%ld errno=%s\n", ret, ret < 0 ? errno_name(errno) : "none");
}

static void save(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	long ret = cr_checkpoint(getpid(), fd, CHECKPOINT_SUBTREE);

	print_result(ret);
	if (ret)
		close(fd);
}

static long lead_from(const char *path)
{
	return cr_restart(0, open(path, O_RDONLY), 0);
}

/* Whom one joins is told; what fd is does not matter. */
static long join(pid_t leader)
{
	return cr_restart(leader, open("/", O_RDONLY), 0);
}

static void be_joining(pid_t leader, bool traced, bool apart)
{
	prctl(PR_SET_NAME, "joining");
	if (traced && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP)))
		_exit(1);
	if (apart && unshare(CLONE_NEWUTS) < 0)
		_exit(1);
	join(leader);
	_exit(1);
}

static void make_joining(const char *manner)
{
	bool traced = !strcmp(manner, "traced"), apart = !strcmp(manner, "apart");
	const char *step = NULL;
	pid_t leader = getpid();
	int status;

	child = fork();
	if (child == 0)
		be_joining(leader, traced, apart);
	errno = child < 0 ? errno : 0;
	if (child < 0)
		step = "fork";
	else if (traced && (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)))
		step = "stop";
	else if (traced && ptrace(PTRACE_SETOPTIONS, child, NULL,
				  (void *)PTRACE_O_TRACEEXIT) < 0)
		step = "options";
	else if (traced && ptrace(PTRACE_CONT, child, NULL, NULL) < 0)
		step = "continue";
	if (step)
		printf("child=-1 step=%s errno=%s\n", step,
		       errno ? errno_name(errno) : "none");
	else
		printf("child=%d\n", child);
}

static char *image;
static size_t length, tail;

static void read_image(const char *path)
{
	int fd = open(path, O_RDONLY);
	uint32_t header[2];
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0)
		_exit(1);
	length = (size_t)file.st_size;
	image = malloc(length);
	if (!image || read(fd, image, length) != (ssize_t)length)
		_exit(1);
	close(fd);
	for (tail = 0; tail + sizeof(header) <= length; tail += header[1]) {
		memcpy(header, image + tail, sizeof(header));
		if (header[0] == TAIL || header[1] < sizeof(header))
			return;
	}
}

static void a_tick(void)
{
	static const struct timespec tick = { .tv_nsec = 1000000 };

	nanosleep(&tick, NULL);
}

/* All but the tail; returns whether it has been read. */
static bool write_most(int fd)
{
	struct pollfd reader = { .fd = fd };
	int left = 1;

	signal(SIGPIPE, SIG_IGN);
	if (!write_all(fd, image, tail))
		return false;
	while (ioctl(fd, FIONREAD, &left) == 0 && left) {
		if (poll(&reader, 1, 0) && reader.revents & POLLERR)
			return false;
		a_tick();
	}
	return true;
}

static void write_tail(int fd)
{
	if (write(fd, image + tail, length - tail) != (ssize_t)(length - tail))
		_exit(1);
	rest();
}

static void trace_late(int fd)
{
	prctl(PR_SET_NAME, "tracing");
	if (!write_most(fd) ||
	    ptrace(PTRACE_SEIZE, child, NULL, (void *)PTRACE_O_TRACEEXIT) < 0)
		_exit(1);
	write_tail(fd);
}

static void stall(const char *path)
{
	int ends[2];

	read_image(path);
	if (pipe(ends) < 0)
		return;
	if (fork() == 0)
		trace_late(ends[1]);
	close(ends[1]);
	print_result(cr_restart(0, ends[0], 0));
}

static void be_led(const char *path)
{
	pid_t leader = fork();

	if (leader == 0) {
		prctl(PR_SET_NAME, "leader");
		lead_from(path);
		_exit(1);
	}
	print_result(join(leader));
}

static void await_orphan(pid_t orphan, pid_t parent, int fd)
{
	while (parent_of(orphan) == parent)
		a_tick();
	write_tail(fd);
}

static void make_orphan(const char *path)
{
	pid_t parent = getpid(), orphan;
	int ends[2], status;

	read_image(path);
	if (pipe(ends) < 0)
		return;
	orphan = (pid_t)syscall(SYS_clone, (long)SIGUSR1, 0, 0, 0, 0);
	if (orphan == 0) {
		prctl(PR_SET_NAME, "orphan");
		close(ends[1]);
		cr_restart(0, ends[0], 0);
		_exit(errno);
	}
	close(ends[0]);
	if (!write_most(ends[1])) {
		waitpid(orphan, &status, __WALL);
		errno = WEXITSTATUS(status);
		print_result(-1);
		return;
	}
	if (fork() == 0)
		await_orphan(orphan, parent, ends[1]);
	printf("child=%d\n", orphan);
}

static void limit(pid_t pid)
{
	const struct rlimit files = { 100, 100 };

	print_result(prlimit(pid, RLIMIT_NOFILE, &files, NULL));
}

static void obey(const char *line)
{
	const char *path = strchr(line, ' ');

	path = path ? path + 1 : "";
	if (!strncmp(line, "checkpoint ", 11))
		save(path);
	else if (!strcmp(line, "join") || !strncmp(line, "join ", 5))
		make_joining(path);
	else if (!strncmp(line, "lead ", 5))
		print_result(lead_from(path));
	else if (!strncmp(line, "stall ", 6))
		stall(path);
	else if (!strncmp(line, "led ", 4))
		be_led(path);
	else if (!strncmp(line, "orphan ", 7))
		make_orphan(path);
	else if (!strncmp(line, "renice ", 7))
		print_result(setpriority(PRIO_PROCESS, (id_t)atoi(path), 5));
	else if (!strncmp(line, "limit ", 6))
		limit(atoi(path));
	else
		printf("unknown %s\n", line);
}

static void live(char **args)
{
	static char line[4096];

	(void)args;
	/* Where any user may come back to. */
	if (chdir("/") < 0)
		cannot("going to the root");
	settled();
	for (;;) {
		hear(line, sizeof(line));
		obey(line);
		reply();
	}
}

const struct subject leading = {
	.name = "leading",
	.about = "leads a restart, or is led: `checkpoint`, `join`, `lead`, `stall`, `led`, `orphan`",
	.target = live,
	.reached = await_sleep,
	.talks = true,
};
