// SPDX-License-Identifier: GPL-2.0
/*
 * Waits in a call that nobody makes again if a signal interrupts it, and ends
 * with the error then: reading from a socket that has a time-out.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "subject.h"

static void wait_for_data(char **args)
{
	const struct timeval long_time = { .tv_sec = 3600 };
	int pair[2];
	char byte;

	(void)args;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof(long_time)) < 0)
		cannot("making a socket");
	settled();
	_exit(read(pair[0], &byte, 1) < 0 ? errno : 0);
}

const struct subject waiting = {
	.name = "waiting",
	.about = "sleeps in reading from a socket, and ends with the error if that is interrupted",
	.target = wait_for_data,
	.reached = await_sleep,
};
