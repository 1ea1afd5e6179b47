// SPDX-License-Identifier: GPL-2.0
/* Workloads of a known size, for measurements. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "work.h"

#define MIB	(1UL << 20)
#define PAGE	4096UL

#define MOST_LEAVES	99

static unsigned char *area;

static void prepare_dirty(size_t bytes)
{
	size_t i;

	area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	HOLDS(area != MAP_FAILED);
	for (i = 0; i < bytes; i += PAGE)
		area[i] = (unsigned char)(i / PAGE % 255 + 1);
}

static void verify_dirty(size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i += PAGE)
		HOLDS(area[i] == i / PAGE % 255 + 1);
}

static void prepare_some(void) { prepare_dirty(16 * MIB); }
static void verify_some(void) { verify_dirty(16 * MIB); }
static void prepare_much(void) { prepare_dirty(64 * MIB); }
static void verify_much(void) { verify_dirty(64 * MIB); }

/* By signal: a hundred who look for the end themselves leave no time to measure. */
static sigset_t end_signal;
static pid_t leaves[MOST_LEAVES];

static int leaf(void *unused)
{
	int number;

	(void)unused;
	settle();
	HOLDS(sigwait(&end_signal, &number) == 0);
	return 3;
}

static void prepare_tasks(int more)
{
	sigemptyset(&end_signal);
	sigaddset(&end_signal, SIGUSR1);
	HOLDS(sigprocmask(SIG_BLOCK, &end_signal, NULL) == 0);
	while (more--)
		leaves[more] = child(leaf, NULL);
}

static void verify_tasks(int more)
{
	int i;

	for (i = 0; i < more; i++)
		HOLDS(kill(leaves[i], SIGUSR1) == 0);
	while (more--)
		reap(3);
}

static void prepare_ten(void) { prepare_tasks(9); }
static void verify_ten(void) { verify_tasks(9); }
static void prepare_hundred(void) { prepare_tasks(MOST_LEAVES); }
static void verify_hundred(void) { verify_tasks(MOST_LEAVES); }

const struct workload workloads_bench[] = {
	{ "dirty-16", "16 MiB of dirty memory", prepare_some, NULL, verify_some, false },
	{ "dirty-64", "64 MiB of dirty memory", prepare_much, NULL, verify_much, false },
	{ "tasks-10", "10 tasks", prepare_ten, NULL, verify_ten, false },
	{ "tasks-100", "100 tasks", prepare_hundred, NULL, verify_hundred, false },
	{ .name = NULL },
};
