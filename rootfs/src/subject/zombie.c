// SPDX-License-Identifier: GPL-2.0
/* Is dead and stays so, until its keeper is told to `reap` it. */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subject.h"

static void on_one_processor(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
}

static void die(char **args)
{
	(void)args;
	on_one_processor();
	settled();
	_exit(7);
}

/*
 * A task is a zombie for its parent some steps before the kernel marks it as
 * dead. It takes these without giving up its processor: once we run there, it
 * has taken them.
 */
static void await_death(pid_t target)
{
	siginfo_t info;

	if (waitid(P_PID, (id_t)target, &info, WEXITED | WNOWAIT) < 0)
		fail("waiting for its death");
	on_one_processor();
	await_state(target, 'Z');
}

static bool reap(pid_t target, const char *line)
{
	if (strcmp(line, "reap"))
		return false;
	puts(waitpid(target, NULL, 0) == target ? "reaped" : "fail");
	return true;
}

const struct subject zombie = {
	.name = "zombie",
	.about = "is dead; `reap` waits for it",
	.target = die,
	.reached = await_death,
	.answer = reap,
	.may_end = true,
};
