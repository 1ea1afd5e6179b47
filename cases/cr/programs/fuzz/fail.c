// SPDX-License-Identifier: GPL-2.0
/* The kernel's own fault injection: one allocation of a restart fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

static const char knobs[] = "/sys/kernel/debug/failslab";

static void set(const char *knob, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", knobs, knob);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0) {
		perror(path);
		exit(4);
	}
	close(fd);
}

/*
 * Of those who may be hit.  The kernel counts on from the last one that failed,
 * so that it is any unless who is hit counts anew: see fail_exactly().
 */
void fail_nth(unsigned int nth, bool at_once)
{
	char interval[16];

	snprintf(interval, sizeof(interval), "%u", nth);
	set("task-filter", "Y");
	set("ignore-gfp-wait", "N");
	set("verbose", "0");
	set("probability", "100");
	set("space", "0");
	set("interval", interval);
	set("times", at_once ? "1" : "0");
}

/* To be had before who is hit may no longer open it. */
int fail_later(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/times", knobs);
	return open(path, O_WRONLY | O_CLOEXEC);
}

/*
 * From here on it is the caller's own nth allocation: the call allocates once,
 * for the path, and at the one that fails the kernel's count begins anew.
 */
void fail_exactly(int times)
{
	if (write(times, "-1", 2) != 2)
		_exit(4);
	while (access("", F_OK) < 0 && errno != ENOMEM)
		;
	if (write(times, "1", 1) != 1)
		_exit(4);
	close(times);
}

/* Returns whether one has failed. */
bool fail_none(void)
{
	char path[64], left[16] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/times", knobs);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, left, sizeof(left) - 1) < 1) {
		perror(path);
		exit(4);
	}
	close(fd);
	set("probability", "0");
	set("times", "0");
	return atoi(left) == 0;
}

/* For as long as the caller is the same task, whoever it becomes. */
void be_hit(void)
{
	int fd = open("/proc/self/make-it-fail", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		_exit(4);
	close(fd);
}
