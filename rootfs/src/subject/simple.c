// SPDX-License-Identifier: GPL-2.0
/* Subjects that take one step and rest. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "subject.h"

static void sleep_on(char **args)
{
	(void)args;
	settled();
}

const struct subject sleeping = {
	.name = "sleeping",
	.about = "sleeps until a signal comes",
	.target = sleep_on,
	.reached = await_sleep,
};

static void stop(char **args)
{
	(void)args;
	settled();
	/* raise() would stop the keeper: musl takes this for the same thread. */
	kill(getpid(), SIGSTOP);
}

static void await_stop(pid_t target)
{
	await_state(target, 'T');
}

const struct subject stopped = {
	.name = "stopped",
	.about = "is stopped by SIGSTOP",
	.target = stop,
	.reached = await_stop,
};

static void hide(char **args)
{
	(void)args;
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_GET_DUMPABLE) != 0)
		cannot("becoming undumpable");
	settled();
}

const struct subject undumpable = {
	.name = "undumpable",
	.about = "sleeps, and may not be looked into by its own user",
	.target = hide,
	.reached = await_sleep,
	.hidden = true,
};

/* Port 0x80 is the diagnostic port: nothing happens there. */
static void take_port(char **args)
{
	(void)args;
	if (ioperm(0x80, 1, 1) < 0)
		cannot("ioperm");
	settled();
}

const struct subject ports = {
	.name = "ports",
	.about = "sleeps, with access to an i/o port",
	.target = take_port,
	.reached = await_sleep,
};

/* A task's name may hold any bytes, so it comes in hex. */
static void take_name(char **args)
{
	char name[16] = "", read_back[16], digits[3] = "", *end;
	const char *hex = args[0] ? args[0] : "";
	size_t i;

	errno = EINVAL;
	if (strlen(hex) % 2 || strlen(hex) > 30)
		cannot("a name of up to 15 bytes in hex");
	for (i = 0; hex[2 * i]; i++) {
		memcpy(digits, hex + 2 * i, 2);
		name[i] = (char)strtoul(digits, &end, 16);
		if (*end || !name[i])
			cannot("a name of up to 15 bytes in hex");
	}
	if (prctl(PR_SET_NAME, name) < 0 || prctl(PR_GET_NAME, read_back) < 0 ||
	    strcmp(name, read_back))
		cannot("taking the name");
	settled();
}

const struct subject named = {
	.name = "named",
	.about = "sleeps, under the name given in hex",
	.target = take_name,
	.reached = await_sleep,
};
