// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is only ever given back as a whole. It is shared: a fork copies
 * nothing of it, and nobody writes to it as long as a child is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fuzz.h"

#define ARENA_BYTES	(64UL << 20)

static unsigned char *arena;
static size_t used, kept;

void *arena_take(size_t size)
{
	void *taken;

	if (!arena) {
		arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (arena == MAP_FAILED) {
			perror("fuzz: memory");
			exit(4);
		}
	}
	size = (size + 15) & ~(size_t)15;
	if (size > ARENA_BYTES - used) {
		fputs("fuzz: a mutant is too large\n", stderr);
		exit(4);
	}
	taken = arena + used;
	used += size;
	return taken;
}

/* What has been taken so far stays. */
void arena_keep(void)
{
	kept = used;
}

void arena_reset(void)
{
	used = kept;
}
