// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks with pids of our choice: by clone3 where the kernel has it, else by the
 * series' own clone_with_pids.
 */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clone.h"
#include "cr-abi.h"
#include "restart.h"

/* glibc's and musl's fork know nothing of pids; what they add nobody needs here. */
pid_t fork_as(unsigned long flags, pid_t pid)
{
	struct clone3_args args = {
		.flags = flags & ~(unsigned long)CSIGNAL,
		/* A sibling has its maker's: clone3 wants to hear nothing else. */
		.exit_signal = flags & CLONE_PARENT ? 0 : flags & CSIGNAL,
		.set_tid = (uint64_t)(uintptr_t)&pid,
		.set_tid_size = 1,
	};
	struct wanted_pids wanted = { 1, 0, (uint64_t)(uintptr_t)&pid };
	long number = cr_abi()->clone_with_pids;

	if (!pid)
		return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
	if (number < 0)
		return (pid_t)syscall(NR_CLONE3, &args, sizeof(args));
	return (pid_t)syscall(number, flags, 0, 0, 0, &wanted);
}

pid_t thread_as(int (*run)(void *), void *argument, void *stack_top, pid_t pid)
{
	unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			      CLONE_THREAD | CLONE_SYSVSEM;
	struct wanted_pids wanted = { 1, 0, (uint64_t)(uintptr_t)&pid };
	void **stack = (void **)stack_top - 2;
	struct clone3_args args = {
		.flags = flags,
		.stack = (uint64_t)(uintptr_t)stack - 4096,
		.stack_size = 4096,
		.set_tid = (uint64_t)(uintptr_t)&pid,
		.set_tid_size = 1,
	};
	long number = cr_abi()->clone_with_pids;

	stack[0] = (void *)(uintptr_t)run;
	stack[1] = argument;
	if (!pid)
		return call_on_stack(SYS_clone, (long)flags, (long)stack, 0, 0,
				     0);
	if (number < 0)
		return call_on_stack(NR_CLONE3, (long)&args, sizeof(args), 0, 0,
				     0);
	return call_on_stack(number, (long)flags, (long)stack, 0, 0,
			     (long)&wanted);
}
