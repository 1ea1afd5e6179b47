// SPDX-License-Identifier: GPL-2.0
/* Workloads whose threads have to be looked at together, and signals left over. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

static volatile int may_leave;

static void *wait_for_end(void *unused)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };

	(void)unused;
	while (!may_leave)
		nanosleep(&pause, NULL);
	return NULL;
}

static void block(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	HOLDS(!sigprocmask(SIG_BLOCK, &set, NULL));
}

static pthread_t threads[4];

/* All threads block it, so it waits for the process and kills nobody. */
static void prepare_masked(void)
{
	size_t i;

	block(SIGTERM);
	for (i = 0; i < 4; i++)
		HOLDS(!pthread_create(&threads[i], NULL, wait_for_end, NULL));
	HOLDS(!kill(getpid(), SIGTERM));
}

static void verify_masked(void)
{
	sigset_t pending;
	size_t i;

	HOLDS(!sigpending(&pending) && sigismember(&pending, SIGTERM));
	may_leave = 1;
	for (i = 0; i < 4; i++)
		HOLDS(!pthread_join(threads[i], NULL));
}

static void *end_process(void *unused)
{
	(void)unused;
	await_end();
	_exit(5);
}

/* The first thread has gone, two others live. */
static int leave_threads(void *unused)
{
	pthread_t thread;

	(void)unused;
	settle();
	if (pthread_create(&thread, NULL, wait_for_end, NULL) ||
	    pthread_create(&thread, NULL, end_process, NULL))
		return 1;
	syscall(SYS_exit, 0);
	return 1;
}

static void prepare_leaderless(void)
{
	char path[64], stat[256];
	pid_t pid = child(leave_threads, NULL);
	size_t n;

	await_settled();
	/* Its own state is what /proc tells of a process whose leader has gone. */
	do {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "r");
		HOLDS(file);
		n = fread(stat, 1, sizeof(stat) - 1, file);
		stat[n] = '\0';
		fclose(file);
	} while (!strstr(stat, ") Z "));
}

static void verify_leaderless(void)
{
	reap(5);
}

/* Its timer has fired and is gone, its signal is still to be taken. */
static void prepare_timer_gone(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	const struct itimerspec soon = { .it_value = { .tv_nsec = 1 } };
	sigset_t pending;
	timer_t timer;

	block(SIGRTMIN);
	event.sigev_value.sival_int = 77;
	HOLDS(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	HOLDS(!timer_settime(timer, 0, &soon, NULL));
	do {
		HOLDS(!sigpending(&pending));
	} while (!sigismember(&pending, SIGRTMIN));
	HOLDS(!timer_delete(timer));
}

static void verify_timer_gone(void)
{
	const struct timespec none = { 0 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	HOLDS(sigtimedwait(&set, &info, &none) == SIGRTMIN);
	HOLDS(info.si_code == SI_TIMER && info.si_value.sival_int == 77);
	HOLDS(sigtimedwait(&set, &info, &none) < 0 && errno == EAGAIN);
}

static sigjmp_buf out;

static void jump(int number)
{
	siglongjmp(out, number);
}

/*
 * The result of a computation is the number of restart_syscall(), and a sleep
 * of a kind that is not saved has left its block behind: the handler that it
 * was interrupted for has not returned.
 */
static int compute(void *unused)
{
	const struct timespec length = { .tv_sec = 1000 };
	struct sigaction action = { .sa_handler = jump };
	const struct itimerspec soon = { .it_value = { .tv_nsec = 1000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t timer;

	(void)unused;
	HOLDS(!sigaction(SIGUSR1, &action, NULL));
	HOLDS(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	if (!sigsetjmp(out, 1)) {
		HOLDS(!timer_settime(timer, 0, &soon, NULL));
		clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &length, NULL);
		broken("a sleep is not interrupted");
	}
	HOLDS(!timer_delete(timer));
	settle();
	while (!may_end()) {
		unsigned long turns = 20000000, number = SYS_restart_syscall;

		/* It holds the number in the register for most of the time. */
		__asm__ volatile("1: dec %0\n\tjnz 1b"
			     : "+r" (turns), "+a" (number) : : "cc");
		HOLDS(number == SYS_restart_syscall);
	}
	return 6;
}

static void prepare_by_chance(void)
{
	child(compute, NULL);
	await_settled();
}

static void verify_by_chance(void)
{
	reap(6);
}

const struct workload workloads_sets[] = {
	{ "masked", "a signal that all threads block", prepare_masked, NULL,
	  verify_masked, false },
	{ "leaderless", "threads whose leader has gone", prepare_leaderless, NULL,
	  verify_leaderless, false },
	{ "timer-gone", "a signal of a timer that is gone", prepare_timer_gone, NULL,
	  verify_timer_gone, false },
	{ "by-chance", "a number in a register", prepare_by_chance, NULL,
	  verify_by_chance, false },
	{ .name = NULL },
};
