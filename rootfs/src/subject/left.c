// SPDX-License-Identifier: GPL-2.0
/*
 * Has a child that shares its memory, and becomes another task by a restart:
 *
 *	restart PATH	errno=NAME word=STATE tid=STATE handler=STATE once the
 *			child is another, or its restart was refused (errno). The
 *			word is one that the child owned as a robust futex: `dead`
 *			if it was told that its owner has gone. The tid is `clear`
 *			if it was told that the child has left its memory. The
 *			handler is the target's: `kept` or `lost`
 *
 * With `handlers` the child shares the target's signal handlers as well.
 */
#include <errno.h>
#include <fcntl.h>
#define FUTEX_OWNER_DIED 0x40000000
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/clone.h"
#include "../common/names.h"
#include "../cr-abi.h"
#include "subject.h"

#define STACK_BYTES	65536

/* What set_robust_list() takes: a list of futexes, each so far from its entry. */
struct robust {
	struct robust *next;
	long offset;
	struct robust *pending;
};

static struct robust head, entry;
static volatile unsigned int word;
static volatile pid_t tid;
static volatile int error;
static const char *image;
static int share;

static void note(int number)
{
	(void)number;
}

static int leave(void *unused)
{
	int fd = open(image, O_RDONLY);

	(void)unused;
	prctl(PR_SET_NAME, "leaving");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	entry.next = &head;
	head.next = &entry;
	/* cppcheck-suppress comparePointers; set_robust_list(2) wants just that */
	head.offset = (char *)&word - (char *)&entry;
	word = (unsigned int)syscall(SYS_gettid);
	syscall(SYS_set_robust_list, &head, sizeof(head));
	cr_restart(0, fd, 0);
	error = errno;
	_exit(1);
}

/* By its name: it is another task then. */
static bool has_left(pid_t pid)
{
	char path[64], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		/* 2.6.30 has no such file. */
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY);
	}
	if (fd < 0 || read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return strstr(name, "leading") != NULL;
}

static void restart(const char *path)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	struct sigaction now;
	pid_t pid;

	image = path;
	pid = clone_to(leave, stack + sizeof(stack),
		       CLONE_VM | share | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID |
			       SIGCHLD,
		       NULL, &tid);
	while (pid > 0 && !error && !has_left(pid))
		sched_yield();
	sigaction(SIGUSR1, NULL, &now);
	printf("errno=%s word=%s tid=%s handler=%s\n",
	       pid < 0 ? "clone" : error ? errno_name(error) : "none",
	       word & FUTEX_OWNER_DIED ? "dead" : "owned", tid ? "there" : "clear",
	       now.sa_handler == note ? "kept" : "lost");
}

static void live(char **args)
{
	static char line[4096];

	share = args[0] && !strcmp(args[0], "handlers") ? CLONE_SIGHAND : 0;
	signal(SIGUSR1, note);
	settled();
	for (;;) {
		hear(line, sizeof(line));
		if (!strncmp(line, "restart ", 8))
			restart(line + 8);
		else
			printf("unknown %s\n", line);
		reply();
	}
}

const struct subject left = {
	.name = "left",
	.about = "has a child that shares its memory and restarts from PATH: `restart PATH`",
	.target = live,
	.reached = await_sleep,
	.talks = true,
};
