// SPDX-License-Identifier: GPL-2.0
/*
 * Holds a hundred files open, whose descriptors another task shares that is no
 * child of its own: `close` has that one close the last of them.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subject.h"

#define STACK_BYTES	65536
#define FILES		100

/* By this signal the keeper asks the partner. */
#define CLOSE	SIGUSR1

static int last;

static void close_last(int number)
{
	(void)number;
	close(last);
}

static int be_partner(void *unused)
{
	(void)unused;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "partner");
	signal(CLOSE, close_last);
	rest();
}

static void hold(char **args)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	int i;

	(void)args;
	settled();
	for (i = 0; i < FILES; i++)
		last = open("/dev/null", O_RDWR);
	/* A child of the keeper's: not of the tree that is saved. */
	if (clone(be_partner, stack + sizeof(stack),
		  CLONE_FILES | CLONE_PARENT | SIGCHLD, NULL) < 0)
		_exit(1);
	prctl(PR_SET_NAME, "churning");
}

/* The keeper's child of that name. */
static pid_t find_partner(void)
{
	char path[64], name[32];
	int parent;
	pid_t pid;
	FILE *file;

	for (pid = 2; pid < 32768; pid++) {
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%*d (%31[^)]) %*c %d", name, &parent) != 2)
			parent = 0;
		fclose(file);
		if (parent == getpid() && !strcmp(name, "partner"))
			return pid;
	}
	return 0;
}

static bool is_open(pid_t pid, int fd)
{
	char path[64], target[8];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return readlink(path, target, sizeof(target)) > 0;
}

static bool have_closed(pid_t target, const char *line)
{
	pid_t partner = find_partner();
	int fd = 2 * FILES;

	(void)target;
	if (strcmp(line, "close"))
		return false;
	while (fd > 0 && !is_open(partner, fd))
		fd--;
	if (!partner || fd < 1 || kill(partner, CLOSE) < 0)
		fail("nobody has the descriptors");
	while (is_open(partner, fd))
		sched_yield();
	printf("closed\n");
	return true;
}

static void await_partner(pid_t target)
{
	while (!find_partner())
		sched_yield();
	await_sleep(target);
}

const struct subject churning = {
	.name = "churning",
	.about = "sleeps with files open that another task can close: `close`",
	.target = hold,
	.reached = await_partner,
	.answer = have_closed,
};
