// SPDX-License-Identifier: GPL-2.0
/* Runs in user mode and counts, in memory that it shares with its keeper. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "subject.h"

static void count(char **args)
{
	(void)args;
	/* Others are to get the processor when they want it. */
	setpriority(PRIO_PROCESS, 0, 19);
	settled();
	for (;;)
		notes->count++;
}

static void await_more(unsigned long than)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };

	while (notes->count <= than)
		nanosleep(&moment, NULL);
}

static void await_counting(pid_t target)
{
	(void)target;
	await_more(0);
}

static bool tell(pid_t target, const char *line)
{
	(void)target;
	if (!strncmp(line, "past ", 5))
		await_more(strtoul(line + 5, NULL, 10));
	else if (strcmp(line, "count"))
		return false;
	printf("%lu\n", notes->count);
	return true;
}

const struct subject counter = {
	.name = "counter",
	.about = "runs; `count` tells the count, `past N` waits until it is above N",
	.target = count,
	.reached = await_counting,
	.answer = tell,
};
