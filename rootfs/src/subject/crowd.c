// SPDX-License-Identifier: GPL-2.0
/*
 * Makes children, calls checkpoint on each, and is rid of them again. To keep a
 * reference to one task a thousand times holds one task; to see it one needs
 * many tasks. Root's children have namespaces of their own for the same reason.
 *
 *	make N sleeping|zombie|undumpable	pids=P,P,...
 *	checkpoint				ok=N, or the error's name=N, ...
 *	reap					reaped=N
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/names.h"
#include "../cr-abi.h"
#include "subject.h"

#define MOST		500
#define MOST_ERRNO	4095

static pid_t members[MOST];
static int count;

/* The end of `alive` closes when all members are in their state. */
static void be_member(const char *kind, const int alive[2])
{
	close(alive[0]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!strcmp(kind, "undumpable"))
		prctl(PR_SET_DUMPABLE, 0);
	if (!strcmp(kind, "zombie"))
		_exit(0);
	close(alive[1]);
	rest();
}

/* A task closes its files some steps before it is dead. */
static void await_deaths(void)
{
	siginfo_t info;
	int i;

	for (i = 0; i < count; i++)
		waitid(P_PID, (id_t)members[i], &info, WEXITED | WNOWAIT);
}

static void make(int wanted, const char *kind)
{
	unsigned long flags = SIGCHLD | (geteuid() ? 0 : CLONE_NEWUTS);
	int alive[2], i;
	char byte;

	if (pipe(alive) < 0)
		return;
	for (count = 0; count < wanted && count < MOST; count++) {
		members[count] = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
		if (members[count] == 0)
			be_member(kind, alive);
		if (members[count] < 0)
			break;
	}
	close(alive[1]);
	if (read(alive[0], &byte, 1) != 0)
		abort();
	close(alive[0]);
	if (!strcmp(kind, "zombie"))
		await_deaths();
	for (i = 0; i < count; i++)
		printf("%s%d", i ? "," : "pids=", members[i]);
	putchar('\n');
}

/* Where the image goes does not matter here: it is to be nobody's file. */
static void checkpoint_each(void)
{
	static int errors[MOST_ERRNO + 1];
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), i;

	memset(errors, 0, sizeof(errors));
	for (i = 0; i < count; i++)
		errors[cr_checkpoint(members[i], fd, CHECKPOINT_SUBTREE) < 0 ?
		       errno : 0]++;
	close(fd);
	for (i = 0; i <= MOST_ERRNO; i++)
		if (errors[i])
			printf("%s=%d ", i ? errno_name(i) : "ok", errors[i]);
	putchar('\n');
}

static void reap_all(void)
{
	int i, reaped = 0;

	for (i = 0; i < count; i++)
		kill(members[i], SIGKILL);
	for (i = 0; i < count; i++)
		reaped += waitpid(members[i], NULL, 0) == members[i];
	count = 0;
	printf("reaped=%d\n", reaped);
}

static void live(char **args)
{
	char line[256], kind[32];
	int wanted;

	(void)args;
	/* The keeper's handler is inherited, and would interrupt waiting. */
	signal(SIGCHLD, SIG_DFL);
	settled();
	for (;;) {
		hear(line, sizeof(line));
		if (sscanf(line, "make %d %31s", &wanted, kind) == 2)
			make(wanted, kind);
		else if (!strcmp(line, "checkpoint"))
			checkpoint_each();
		else if (!strcmp(line, "reap"))
			reap_all();
		else
			printf("unknown %s\n", line);
		reply();
	}
}

const struct subject crowd = {
	.name = "crowd",
	.about = "`make N KIND` children, `checkpoint` each, `reap` them all",
	.target = live,
	.reached = await_sleep,
	.talks = true,
};
