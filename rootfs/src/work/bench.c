// SPDX-License-Identifier: GPL-2.0
/* Workloads of a known size, for measurements. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "work.h"

#define DIRTY	(64UL << 20)
#define PAGE	4096UL

static unsigned char *area;

static void prepare_dirty(void)
{
	size_t i;

	area = mmap(NULL, DIRTY, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	HOLDS(area != MAP_FAILED);
	for (i = 0; i < DIRTY; i += PAGE)
		area[i] = (unsigned char)(i / PAGE % 255 + 1);
}

static void verify_dirty(void)
{
	size_t i;

	for (i = 0; i < DIRTY; i += PAGE)
		HOLDS(area[i] == i / PAGE % 255 + 1);
}

static int leaf(void *unused)
{
	(void)unused;
	await_end();
	return 3;
}

static void prepare_tasks(int more)
{
	while (more--)
		child(leaf, NULL);
}

static void verify_tasks(int more)
{
	while (more--)
		reap(3);
}

static void prepare_ten(void) { prepare_tasks(9); }
static void verify_ten(void) { verify_tasks(9); }
static void prepare_hundred(void) { prepare_tasks(99); }
static void verify_hundred(void) { verify_tasks(99); }

const struct workload workloads_bench[] = {
	{ "dirty-64", "64 MiB of dirty memory", prepare_dirty, NULL, verify_dirty, false },
	{ "tasks-10", "10 tasks", prepare_ten, NULL, verify_ten, false },
	{ "tasks-100", "100 tasks", prepare_hundred, NULL, verify_hundred, false },
	{ .name = NULL },
};
