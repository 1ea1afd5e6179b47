// SPDX-License-Identifier: GPL-2.0
/*
 * Shares what clone can share with a task that is there for nothing else, and
 * that is outside of its pid namespace if it has one of its own. `close` ends
 * that task.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subject.h"

#define STACK_BYTES	65536

static const struct {
	const char *name;
	int flag;
} kinds[] = {
	{ "memory", CLONE_VM },
	{ "descriptors", CLONE_FILES },
	{ "directories", CLONE_FS },
	{ "undo", CLONE_SYSVSEM },
};

/* How the partner tells the keeper which pid the target has there. */
static int told[2];
static int shared;
static pid_t partner;
static int (*run_target)(void *);

static void choose(char **args)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (args[0] && !strcmp(kinds[i].name, args[0]))
			shared = kinds[i].flag;
	if (!shared)
		misused("beside takes memory, descriptors, directories or undo");
}

/* Something to be undone, in an IPC namespace that nobody else is in. */
static void owe_something(void)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	int id;

	if (unshare(CLONE_NEWIPC) < 0)
		_exit(1);
	id = semget(IPC_PRIVATE, 1, 0600);
	if (id < 0 || semop(id, &up, 1) < 0)
		_exit(1);
}

static int begin(void *argument)
{
	/* Of a shared table the partner closes it, when it has been used. */
	if (shared != CLONE_FILES)
		close(told[1]);
	return run_target(argument);
}

/* From here on it must not touch what the target uses, too: both may have one memory. */
static void be_partner(int flags, void *argument)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(told[0]);
	if (shared == CLONE_SYSVSEM)
		owe_something();
	pid = clone(begin, stack + sizeof(stack), flags | shared | CLONE_PARENT,
		    argument);
	if (write(told[1], &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	close(told[1]);
	rest();
}

static pid_t make_beside(int (*run)(void *), void *argument, int flags)
{
	pid_t pid = -1;
	char more;

	run_target = run;
	if (pipe2(told, O_CLOEXEC) < 0)
		fail("pipe");
	partner = fork();
	if (partner == 0)
		be_partner(flags, argument);
	close(told[1]);
	/* The end of it: nobody has the pipe any more. */
	if (partner < 0 || read(told[0], &pid, sizeof(pid)) != sizeof(pid) ||
	    read(told[0], &more, 1) != 0)
		pid = -1;
	close(told[0]);
	return pid;
}

static void sleep_beside(char **args)
{
	(void)args;
	settled();
}

static bool part(pid_t target, const char *line)
{
	bool ended;

	(void)target;
	if (strcmp(line, "close"))
		return false;
	ended = partner > 0 && !kill(partner, SIGKILL) &&
		waitpid(partner, NULL, 0) == partner;
	partner = 0;
	puts(ended ? "closed" : "not closed");
	return true;
}

const struct subject beside = {
	.name = "beside",
	.about = "sleeps, and shares memory|descriptors|directories|undo until `close`",
	.prepare = choose,
	.make = make_beside,
	.target = sleep_beside,
	.reached = await_sleep,
	.answer = part,
};
