// SPDX-License-Identifier: GPL-2.0
/*
 * Holds a file or FIFO open. `read` tells what is in it now, with dots for
 * what cannot be printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subject.h"

static void hold(char **args)
{
	bool fifo = args[0] && !strcmp(args[0], "fifo");

	errno = EINVAL;
	if (!args[0] || !args[1] || (!fifo && strcmp(args[0], "file")))
		cannot("file or fifo, and a path");
	if (fifo && mkfifo(args[1], 0600) < 0)
		cannot(args[1]);
	if (open(args[1], O_RDWR | (fifo ? 0 : O_CREAT), 0600) < 0)
		cannot(args[1]);
	settled();
}

static bool tell(pid_t target, const char *line)
{
	char text[4096];
	ssize_t n, i;
	int fd;

	(void)target;
	if (strcmp(line, "read"))
		return false;
	fd = open(arguments[1], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	n = read(fd, text, sizeof(text));
	close(fd);
	for (i = 0; i < n; i++)
		putchar(text[i] >= ' ' && text[i] <= '~' ? text[i] : '.');
	putchar('\n');
	return true;
}

const struct subject holder = {
	.name = "holder",
	.about = "sleeps, with `file PATH` or `fifo PATH` open; `read` tells what is in it",
	.target = hold,
	.reached = await_sleep,
	.answer = tell,
};
