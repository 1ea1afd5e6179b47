/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CLONE_H
#define CLONE_H

#include <sys/types.h>

/*
 * A system call whose child may come back on a stack with who to call on it. Returns the pid, or
 * -1 and errno.
 */
pid_t call_on_stack(long number, long a, long b, long c, long d, long e);

/*
 * clone() with whatever flags: since 1.2.5 musl's own refuses those of threads, whose pointers
 * it keeps for itself. The child begins in `run` on the stack that ends there, which must be a
 * multiple of 16, and ends with what that returns; `tid` is for CLONE_CHILD_SETTID and
 * CLONE_CHILD_CLEARTID. Returns the pid, or -1 and errno.
 */
pid_t clone_to(int (*run)(void *arg), void *stack_end, unsigned long flags, void *arg,
	       volatile pid_t *tid);

#endif
