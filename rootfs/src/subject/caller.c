// SPDX-License-Identifier: GPL-2.0
/*
 * Calls checkpoint on a pid, into a pipe that has room for so many bytes: with
 * too little of it the call sleeps until its keeper is told to `drain` the
 * pipe, which answers how the call ended and with what the image ended;
 * `drain PATH` puts all of it into that file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/names.h"
#include "../cr-abi.h"
#include "subject.h"

/* Pipes take whole pages from who writes whole pages. */
#define PAGE	4096
/* How much of the image's end is told: an error record has at most 256 bytes. */
#define TOLD	512

/* What the call gave, from the target to its keeper. */
struct outcome {
	long ret;
	int error;
};

static int ends[2], outcomes[2];
static size_t filled;

static size_t write_zeros(int fd, size_t length)
{
	static const char zeros[PAGE];
	ssize_t n = write(fd, zeros, length);

	return n > 0 ? (size_t)n : 0;
}

static void fill(char **args)
{
	size_t room, pages = 0;
	int scratch[2];

	if (!args[0] || !args[1])
		misused("caller takes a PID and how much room the pipe is to have");
	room = strtoul(args[1], NULL, 10);
	if (pipe2(scratch, O_NONBLOCK | O_CLOEXEC) < 0 ||
	    pipe2(ends, O_CLOEXEC) < 0 || pipe2(outcomes, O_CLOEXEC) < 0)
		fail("pipe");
	while (write_zeros(scratch[1], PAGE))
		pages++;
	close(scratch[0]);
	close(scratch[1]);
	while (filled + PAGE <= pages * PAGE - room)
		filled += write_zeros(ends[1], PAGE);
	filled += write_zeros(ends[1], pages * PAGE - room - filled);
	if (filled != pages * PAGE - room)
		fail("filling the pipe");
}

static void call(char **args)
{
	struct outcome outcome = { 0 };

	close(ends[0]);
	settled();
	errno = 0;
	outcome.ret = cr_checkpoint(atoi(args[0]), ends[1], CHECKPOINT_SUBTREE);
	outcome.error = outcome.ret < 0 ? errno : 0;
	_exit(write(outcomes[1], &outcome, sizeof(outcome)) != sizeof(outcome));
}

static void await_call(pid_t target)
{
	close(ends[1]);
	close(outcomes[1]);
	await_sleep(target);
}

static void keep_image(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, length) != (ssize_t)length)
		fail(path);
	close(fd);
}

static bool drain(pid_t target, const char *line)
{
	static unsigned char data[1 << 20];
	struct outcome outcome = { 0 };
	size_t used = 0, i;
	ssize_t n;
	int status;

	if (strcmp(line, "drain") && strncmp(line, "drain ", 6))
		return false;
	while (used < sizeof(data) &&
	       (n = read(ends[0], data + used, sizeof(data) - used)) > 0)
		used += (size_t)n;
	if (waitpid(target, &status, 0) != target)
		fail("its caller is not there");
	if (WIFSIGNALED(status))
		printf("signal=%s", signal_name(WTERMSIG(status)));
	else if (read(outcomes[0], &outcome, sizeof(outcome)) > 0)
		printf("ret=%ld errno=%s", outcome.ret,
		       outcome.error ? errno_name(outcome.error) : "none");
	if (line[5])
		keep_image(line + 6, data + filled, used - filled);
	printf(" tail=");
	for (i = used - filled > TOLD ? used - TOLD : filled; i < used; i++)
		printf("%02x", data[i]);
	putchar('\n');
	return true;
}

const struct subject caller = {
	.name = "caller",
	.about = "sleeps in checkpoint of PID, in a pipe with ROOM bytes left; `drain` reads it",
	.prepare = fill,
	.target = call,
	.reached = await_call,
	.answer = drain,
	.may_end = true,
};
