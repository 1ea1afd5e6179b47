/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A workload does something that a checkpoint must not disturb, before, across
 * and after it, and knows whether it was: a lost byte is its failure.
 */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct workload {
	const char *name, *about;
	void (*prepare)(void);	/* sets up the state */
	void (*step)(void);	/* again and again until it may end; may be NULL */
	void (*verify)(void);	/* the state is what it was; broken() if not */
	bool says_ready;	/* prepare() does, and comes back in the end */
};

extern const struct workload workloads_memory[], workloads_files[],
	workloads_tasks[], workloads_signals[], workloads_calls[], workloads_ipc[],
	workloads_maps[], workloads_waits[], workloads_programs[],
	workloads_pids[], workloads_families[], workloads_streams[],
	workloads_newer[], workloads_habits[], workloads_together[],
	workloads_sets[], workloads_losses[], workloads_kept[], workloads_rarer[],
	workloads_guards[], workloads_bench[];

/* Becomes the same program once more if the workload needs what exec makes of it. */
void begin_anew(const struct workload *workload, char **argv);
/* Ends the workload: it is not as it should be. */
void broken(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* Ends the workload, naming the condition, if that does not hold. */
#define HOLDS(condition) \
	do { \
		if (!(condition)) \
			broken("%s:%d: not so: %s", __FILE__, __LINE__, \
			       #condition); \
	} while (0)

/* Whether the lab has said that the workload may end. */
bool may_end(void);
/* The state is complete. */
void say_ready(void);
/* A child is in its state: to be called where that is not await_end() or reap(). */
void settle(void);
/* Waits until all children are. */
void await_settled(void);
/* Waits until the workload may end. */
void await_end(void);
/* A path in the workload's own folder; valid until the next but three. */
const char *own(const char *name);
/* A child of the workload that runs `work` and exits with what that returns. */
pid_t child(int (*work)(void *), void *argument);
/*
 * A child has ended; once all are reaped, the statuses are found to be these.
 * Its pid may be another than fork() gave: tasks can come back with new ones.
 */
void reap(int status);
/* A byte that belongs to a place: no two neighbours, no two pages are alike. */
unsigned char pattern(size_t place);
void fill(void *memory, size_t length, size_t seed);
bool filled(const void *memory, size_t length, size_t seed);

#endif
