// SPDX-License-Identifier: GPL-2.0
/* Workloads that wait: for time, for signals, for each other. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

/* As for the calls of calls.c: milliseconds. */
#define LENGTH	1500

/*
 * The same by the clock of the day, which goes on while a task is frozen or not
 * there: all that is looked at from outside has to be over by then.
 */
#define UNTIL	4000

static volatile sig_atomic_t seen[65];

static void note(int number)
{
	seen[number]++;
}

static void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	HOLDS(!sigaction(number, &action, NULL));
}

static sigset_t only(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return set;
}

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* All of it; in another guest the clock may be behind, and tells nothing. */
static bool slept_since(long long start)
{
	return now(CLOCK_MONOTONIC) < start ||
	       now(CLOCK_MONOTONIC) - start >= LENGTH - 1;
}

static int sleep_for(void *unused)
{
	struct timespec time = { LENGTH / 1000, LENGTH % 1000 * 1000000L };
	long long start;

	(void)unused;
	settle();
	start = now(CLOCK_MONOTONIC);
	if (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL))
		return 2;
	return slept_since(start) ? 3 : 1;
}

static int sleep_until(void *unused)
{
	long long end = now(CLOCK_REALTIME) + UNTIL;
	struct timespec time = { end / 1000, end % 1000 * 1000000L };

	(void)unused;
	settle();
	if (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL))
		return 2;
	return now(CLOCK_REALTIME) >= end ? 3 : 1;
}

static int select_nothing(void *unused)
{
	struct timeval time = { LENGTH / 1000, LENGTH % 1000 * 1000L };
	long long start;

	(void)unused;
	settle();
	start = now(CLOCK_MONOTONIC);
	if (select(0, NULL, NULL, NULL, &time))
		return 2;
	return slept_since(start) ? 3 : 1;
}

static void prepare_relative(void) { child(sleep_for, NULL); }
static void prepare_absolute(void) { child(sleep_until, NULL); }
static void prepare_select(void) { child(select_nothing, NULL); }
static void verify_three(void) { reap(3); }

/*
 * They wait for a signal of their group, which is theirs alone: whatever pids
 * they come back with, the root can reach them by leading it.
 */
static int suspend(void *unused)
{
	sigset_t all;

	(void)unused;
	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	settle();
	while (!seen[SIGUSR1])
		if (sigsuspend(&all) != -1 || errno != EINTR)
			return 1;
	return sigpending(&all) == 0 && !sigismember(&all, SIGUSR1) ? 3 : 2;
}

static int await_signal(void *unused)
{
	sigset_t set = only(SIGUSR1);
	siginfo_t info;

	(void)unused;
	settle();
	for (;;)
		if (sigwaitinfo(&set, &info) == SIGUSR1)
			return info.si_code == SI_USER ? 3 : 2;
		else if (errno != EINTR)
			return 1;
}

static int pause_long(void *unused)
{
	(void)unused;
	settle();
	while (!seen[SIGUSR2])
		pause();
	return 3;
}

static void prepare_group(int (*work)(void *))
{
	sigset_t set = only(SIGUSR1);

	HOLDS(getpgrp() == getpid() || !setpgid(0, 0));
	handle(SIGUSR1, note, 0);
	handle(SIGUSR2, note, 0);
	HOLDS(!sigprocmask(SIG_BLOCK, &set, NULL));
	child(work, NULL);
}

static void prepare_sigsuspend(void) { prepare_group(suspend); }
static void prepare_sigwait(void) { prepare_group(await_signal); }
static void prepare_pause(void) { prepare_group(pause_long); }

static void verify_signalled(void)
{
	HOLDS(!kill(0, SIGUSR1));
	reap(3);
}

/* One that comes between the look and the pause would be lost: so more than one. */
static void verify_paused(void)
{
	int status;

	do {
		HOLDS(!kill(0, SIGUSR2));
		sched_yield();
	} while (!waitpid(-1, &status, WNOHANG));
	HOLDS(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static int leaf(void *unused)
{
	(void)unused;
	await_end();
	return 4;
}

/* In wait() all the time. */
static int parent(void *unused)
{
	(void)unused;
	child(leaf, NULL);
	reap(4);
	return 5;
}

static void prepare_wait(void) { child(parent, NULL); }
static void verify_wait(void) { reap(5); }

/* In open() of a FIFO until the other end is opened. */
static int open_late(void *unused)
{
	char byte = 0;
	int fd;

	(void)unused;
	settle();
	fd = open(own("late"), O_RDONLY);
	return fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'y' ? 6 : 1;
}

static void prepare_open(void)
{
	HOLDS(!mkfifo(own("late"), 0600));
	child(open_late, NULL);
}

static void verify_open(void)
{
	int fd = open(own("late"), O_WRONLY);

	HOLDS(fd >= 0 && write(fd, "y", 1) == 1);
	close(fd);
	reap(6);
}

/* In write() to a full pipe, with more than fits. */
static int pipes[2];

static int write_much(void *unused)
{
	static unsigned char bytes[200000];

	(void)unused;
	close(pipes[0]);
	fill(bytes, sizeof(bytes), 30);
	settle();
	return write(pipes[1], bytes, sizeof(bytes)) == sizeof(bytes) ? 7 : 1;
}

static void prepare_write(void)
{
	HOLDS(!pipe(pipes));
	child(write_much, NULL);
	close(pipes[1]);
}

static void verify_write(void)
{
	static unsigned char bytes[200000];
	size_t used = 0;
	ssize_t n;

	while ((n = read(pipes[0], bytes + used, sizeof(bytes) - used)) > 0)
		used += (size_t)n;
	/* A write that was interrupted may have ended short; what came is in order. */
	HOLDS(used >= 65536 && filled(bytes, used, 30));
	if (used == sizeof(bytes))
		reap(7);
	else
		reap(1);
}

/* Inside of a handler, on the alternate stack, with a mask of its own. */
static char stack[65536];
static volatile int on_stack;

static void stay(int number)
{
	char here;
	sigset_t mask;

	note(number);
	settle();
	while (!may_end())
		sched_yield();
	/* cppcheck-suppress comparePointers; whether it is in there is the question */
	on_stack = &here > stack && &here < stack + sizeof(stack);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	on_stack += sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGUSR2) ? 2 : 0;
}

static int in_handler(void *unused)
{
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = stay, .sa_flags = SA_ONSTACK };
	sigset_t mask;

	(void)unused;
	HOLDS(!sigaltstack(&alternate, NULL));
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR2);
	HOLDS(!sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	HOLDS(on_stack == 3);
	HOLDS(!sigprocmask(SIG_BLOCK, NULL, &mask));
	HOLDS(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
	return 8;
}

static void prepare_in_handler(void) { child(in_handler, NULL); }
static void verify_in_handler(void) { reap(8); }

/* Timers that run with the task's own time: they tick only while it works. */
static void prepare_work_timers(void)
{
	struct itimerval tick = { { 0, 20000 }, { 0, 20000 } };

	handle(SIGVTALRM, note, SA_RESTART);
	handle(SIGPROF, note, SA_RESTART);
	HOLDS(!setitimer(ITIMER_VIRTUAL, &tick, NULL));
	HOLDS(!setitimer(ITIMER_PROF, &tick, NULL));
}

static void verify_work_timers(void)
{
	int virtual = seen[SIGVTALRM], profile = seen[SIGPROF];

	/* A timer that is lost leaves this turning, which the lab ends. */
	while (seen[SIGVTALRM] < virtual + 2 || seen[SIGPROF] < profile + 2)
		;
}

/* Children of one who does not want to hear of them leave nothing behind. */
static void prepare_no_zombies(void)
{
	handle(SIGCHLD, SIG_IGN, 0);
	child(leaf, NULL);
	child(leaf, NULL);
}

static void verify_no_zombies(void)
{
	struct sigaction action;

	HOLDS(!sigaction(SIGCHLD, NULL, &action) && action.sa_handler == SIG_IGN);
	HOLDS(wait(NULL) < 0 && errno == ECHILD);
}

/* Each thread has a mask, and a signal pending that is its own. */
static pthread_t threads[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static int there, may_go;

static void *mask_own(void *number)
{
	int signal = number ? SIGUSR2 : SIGUSR1;
	sigset_t set = only(signal), pending;

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_kill(pthread_self(), signal);
	pthread_mutex_lock(&lock);
	there++;
	pthread_cond_broadcast(&change);
	while (!may_go)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
	sigpending(&pending);
	if (!sigismember(&pending, signal) || seen[signal])
		return "not pending";
	if (sigismember(&pending, number ? SIGUSR1 : SIGUSR2))
		return "the other's";
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return seen[signal] == 1 ? NULL : "not delivered";
}

static void prepare_thread_signals(void)
{
	handle(SIGUSR1, note, 0);
	handle(SIGUSR2, note, 0);
	HOLDS(!pthread_create(&threads[0], NULL, mask_own, NULL));
	HOLDS(!pthread_create(&threads[1], NULL, mask_own, &there));
	pthread_mutex_lock(&lock);
	while (there < 2)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
}

static void verify_thread_signals(void)
{
	void *wrong;
	int i;

	pthread_mutex_lock(&lock);
	may_go = 1;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < 2; i++) {
		HOLDS(!pthread_join(threads[i], &wrong));
		if (wrong)
			broken("thread %d: %s", i, (char *)wrong);
	}
}

const struct workload workloads_waits[] = {
	{ "sleep-relative", "clock_nanosleep for a time", prepare_relative, NULL,
	  verify_three, false },
	{ "sleep-absolute", "clock_nanosleep until a time", prepare_absolute, NULL,
	  verify_three, false },
	{ "select", "select with a time limit", prepare_select, NULL, verify_three, false },
	{ "sigsuspend", "sigsuspend, with a mask for the time", prepare_sigsuspend, NULL,
	  verify_signalled, false },
	{ "sigwait", "sigwaitinfo for a blocked signal", prepare_sigwait, NULL,
	  verify_signalled, false },
	{ "pause", "pause", prepare_pause, NULL, verify_paused, false },
	{ "wait", "a parent in wait", prepare_wait, NULL, verify_wait, false },
	{ "fifo-open", "open of a FIFO that has no writer", prepare_open, NULL,
	  verify_open, false },
	{ "pipe-write", "write of more than a pipe holds", prepare_write, NULL,
	  verify_write, false },
	{ "in-handler", "a handler on its alternate stack", prepare_in_handler, NULL,
	  verify_in_handler, false },
	{ "work-timers", "ITIMER_VIRTUAL and ITIMER_PROF", prepare_work_timers, NULL,
	  verify_work_timers, false },
	{ "no-zombies", "SIGCHLD ignored", prepare_no_zombies, NULL, verify_no_zombies, false },
	{ "thread-signals", "masks and pending signals of threads",
	  prepare_thread_signals, NULL, verify_thread_signals, false },
	{ .name = NULL },
};
