// SPDX-License-Identifier: GPL-2.0
/* Works with a stack segment of its own local descriptor table. */
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "subject.h"

static void take_other_stack(char **args)
{
	struct { unsigned int number, base, limit, bits; } entry = { 0, 0, 0xfffff, 0x51 };

	(void)args;
	if (syscall(SYS_modify_ldt, 1, &entry, sizeof(entry)) < 0)
		cannot("modify_ldt");
	settled();
	/* A system call would bring the usual one back. */
	__asm__ volatile("mov %w0, %%ss\n1:\tjmp 1b" : : "r"(entry.number * 8 + 7));
}

static unsigned long worked(pid_t pid)
{
	unsigned long ticks = 0;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%*d (other-stack) %*c %*d %*d %*d %*d %*d %*u "
			    "%*u %*u %*u %*u %lu", &ticks) != 1)
		fail("reading how long the target has worked");
	fclose(file);
	return ticks;
}

/* Once it is settled nothing else takes it two ticks. */
static void await_work(pid_t target)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	unsigned long before = worked(target);

	while (worked(target) < before + 2)
		nanosleep(&pause, NULL);
}

const struct subject other_stack = {
	.name = "other-stack",
	.about = "works with a stack segment of its own",
	.target = take_other_stack,
	.reached = await_work,
};
