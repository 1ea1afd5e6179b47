// SPDX-License-Identifier: GPL-2.0
/* Workloads that are inside of a system call, for longer than they are saved. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

/* musl-gcc sees no kernel headers. */
#define FUTEX_WAIT	0
#define ERESTART_RESTARTBLOCK	516	/* include/linux/errno.h */

/* Long enough to be saved in, restarted and saved again: milliseconds. */
#define LENGTH	1500

static int quiet[2];
static atomic_int word = 5;

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Not early: a call that forgets what was left of it comes back at once. */
static int measure(void *call)
{
	int (*wait_long)(void) = call;
	long long start;
	int result;

	settle();
	start = now();
	result = wait_long();

	if (result)
		return result;
	/* The clock of another machine may be behind: it tells nothing then. */
	return now() < start || now() - start >= (LENGTH - 1) * 1000000LL ? 3 : 1;
}

static struct timespec wait_time(void)
{
	return (struct timespec){ LENGTH / 1000, LENGTH % 1000 * 1000000L };
}

static int call_nanosleep(void)
{
	struct timespec time = wait_time();

	return nanosleep(&time, NULL) ? 2 : 0;
}

static int call_poll(void)
{
	struct pollfd fd = { .fd = quiet[0], .events = POLLIN };

	return poll(&fd, 1, LENGTH) ? 2 : 0;
}

static int call_futex(void)
{
	struct timespec wait = wait_time();
	/* The call's own, which has no more bits than a word. */
	struct { long seconds, nanoseconds; } time = { wait.tv_sec, wait.tv_nsec };

	errno = 0;
	syscall(SYS_futex, &word, FUTEX_WAIT, 5, &time, NULL, 0);
	return errno == ETIMEDOUT ? 0 : 2;
}

static int call_read(void)
{
	char byte;

	return read(quiet[0], &byte, 1) == 1 && byte == 'x' ? 0 : 2;
}

static int read_one(void *unused)
{
	(void)unused;
	close(quiet[1]);
	settle();
	return call_read() ? 2 : 3;
}

static void prepare_nanosleep(void)
{
	child(measure, call_nanosleep);
}

static void prepare_poll(void)
{
	HOLDS(!pipe(quiet));
	child(measure, call_poll);
}

static void prepare_futex(void)
{
	child(measure, call_futex);
}

static void prepare_read(void)
{
	HOLDS(!pipe(quiet));
	child(read_one, NULL);
}

#ifdef __i386__
#define RESULT	eax
#define NUMBER	orig_eax
#define PLACE	eip
#else
#define RESULT	rax
#define NUMBER	orig_rax
#define PLACE	rip
#endif

/*
 * An interrupted call that goes on does so by another one: the task returns to
 * where it called, with that one's number. An interrupt may hold it there, one
 * instruction short of it; here a stop does.
 */
static void prepare_going_on(void)
{
	pid_t pid = child(measure, call_nanosleep);
	struct user_regs_struct regs;
	siginfo_t info;
	int status;

	await_settled();
	for (;;) {
		HOLDS(!ptrace(PTRACE_ATTACH, pid, NULL, NULL));
		HOLDS(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
		HOLDS(!ptrace(PTRACE_GETREGS, pid, NULL, &regs));
		if ((long)regs.RESULT == -ERESTART_RESTARTBLOCK)
			break;
		/* It has yet to call. */
		HOLDS(!ptrace(PTRACE_DETACH, pid, NULL, NULL));
		sched_yield();
	}
	regs.RESULT = SYS_restart_syscall;
	regs.NUMBER = -1;
	regs.PLACE -= 2;
	HOLDS(!ptrace(PTRACE_SETREGS, pid, NULL, &regs));
	HOLDS(!ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)SIGSTOP));
	HOLDS(!waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT));
}

static void verify_going_on(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, WUNTRACED);

	HOLDS(pid > 0 && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	HOLDS(!kill(pid, SIGCONT));
	reap(3);
}

static void verify_sleeper(void)
{
	reap(3);
}

static void verify_read(void)
{
	HOLDS(write(quiet[1], "x", 1) == 1);
	reap(3);
}

const struct workload workloads_calls[] = {
	{ "nanosleep", "a sleep", prepare_nanosleep, NULL, verify_sleeper, false },
	{ "poll", "poll with a time limit", prepare_poll, NULL, verify_sleeper, false },
	{ "futex", "a futex wait with a time limit", prepare_futex, NULL,
	  verify_sleeper, false },
	{ "going-on", "a sleep that is just about to go on", prepare_going_on, NULL,
	  verify_going_on, false },
	{ "read", "read of an empty pipe", prepare_read, NULL, verify_read, false },
	{ .name = NULL },
};
