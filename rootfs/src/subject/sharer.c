// SPDX-License-Identifier: GPL-2.0
/* Shares an open file with its keeper, who lets go of it at `close`. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "subject.h"

static int shared;

static void open_shared(char **args)
{
	if (!args[0])
		fail("sharer takes the PATH of a file");
	shared = open(args[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (shared < 0)
		fail(args[0]);
}

static void keep(char **args)
{
	(void)args;
	settled();
}

static bool let_go(pid_t target, const char *line)
{
	(void)target;
	if (strcmp(line, "close"))
		return false;
	puts(close(shared) < 0 ? "not closed" : "closed");
	return true;
}

const struct subject sharer = {
	.name = "sharer",
	.about = "sleeps, and has PATH open together with its keeper until `close`",
	.prepare = open_shared,
	.target = keep,
	.reached = await_sleep,
	.answer = let_go,
};
