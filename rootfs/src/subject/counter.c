// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in user mode and counts, where its command line was: that is its own
 * memory, and /proc shows it to others whatever state it is in.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "subject.h"

/* The first eight bytes, "subject" and its NUL, lie wherever they lie. */
struct word {
	volatile uint64_t count;
} __attribute__((packed));

static void count(char **args)
{
	struct word *word = (void *)command_line;

	(void)args;
	/* Others are to get the processor when they want it. */
	setpriority(PRIO_PROCESS, 0, 19);
	word->count = 0;
	settled();
	for (;;)
		word->count++;
}

static uint64_t read_count(pid_t target)
{
	uint64_t word;
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", target);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, &word, sizeof(word));
	close(fd);
	if (n != sizeof(word))
		fail("its count cannot be read");
	return word;
}

static uint64_t await_more(pid_t target, uint64_t than)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t now;

	while ((now = read_count(target)) <= than)
		nanosleep(&moment, NULL);
	return now;
}

static void await_counting(pid_t target)
{
	await_more(target, 0);
}

static bool tell(pid_t target, const char *line)
{
	uint64_t now;

	if (!strncmp(line, "past ", 5))
		now = await_more(target, strtoull(line + 5, NULL, 10));
	else if (!strcmp(line, "count"))
		now = read_count(target);
	else
		return false;
	printf("%llu\n", (unsigned long long)now);
	return true;
}

const struct subject counter = {
	.name = "counter",
	.about = "runs; `count` tells the count, `past N` waits until it is above N",
	.target = count,
	.reached = await_counting,
	.answer = tell,
};
