// SPDX-License-Identifier: GPL-2.0
/* Workloads whose state is signals and timers. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "work.h"

static volatile sig_atomic_t seen[65], values[65], order;

static void note(int number)
{
	seen[number]++;
}

static void note_value(int number, siginfo_t *info, void *context)
{
	(void)context;
	seen[number]++;
	values[order++] = info->si_value.sival_int;
}

static void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	HOLDS(!sigaction(number, &action, NULL));
}

static void block(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	HOLDS(!sigprocmask(SIG_BLOCK, &set, NULL));
}

static void unblock(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	HOLDS(!sigprocmask(SIG_UNBLOCK, &set, NULL));
}

static void prepare_handlers(void)
{
	handle(SIGUSR1, note, SA_RESTART);
	handle(SIGUSR2, SIG_IGN, 0);
	handle(SIGTERM, note, SA_RESETHAND);
}

static void verify_handlers(void)
{
	struct sigaction action;

	HOLDS(!sigaction(SIGUSR1, NULL, &action));
	HOLDS(action.sa_handler == note && (action.sa_flags & SA_RESTART));
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGTERM);
	HOLDS(seen[SIGUSR1] == 1 && seen[SIGUSR2] == 0 && seen[SIGTERM] == 1);
	HOLDS(!sigaction(SIGTERM, NULL, &action));
	HOLDS(action.sa_handler == SIG_DFL);
}

static void prepare_pending(void)
{
	handle(SIGUSR1, note, 0);
	handle(SIGUSR2, note, 0);
	block(SIGUSR1);
	block(SIGUSR2);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
}

static void verify_pending(void)
{
	sigset_t set;

	HOLDS(!sigpending(&set));
	HOLDS(sigismember(&set, SIGUSR1) && sigismember(&set, SIGUSR2));
	HOLDS(seen[SIGUSR1] == 0 && seen[SIGUSR2] == 0);
	unblock(SIGUSR1);
	unblock(SIGUSR2);
	HOLDS(seen[SIGUSR1] == 1 && seen[SIGUSR2] == 1);
}

/* Real-time signals queue, carry a value and come in order. */
static void prepare_queued(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	int i;

	action.sa_sigaction = note_value;
	HOLDS(!sigaction(SIGRTMIN, &action, NULL));
	block(SIGRTMIN);
	for (i = 0; i < 5; i++)
		HOLDS(!sigqueue(getpid(), SIGRTMIN,
				(union sigval){ .sival_int = 100 + i }));
}

static void verify_queued(void)
{
	int i;

	HOLDS(order == 0);
	unblock(SIGRTMIN);
	HOLDS(order == 5);
	for (i = 0; i < 5; i++)
		HOLDS(values[i] == 100 + i);
}

static char stack[65536];
static volatile uintptr_t where;

static void note_stack(int number)
{
	char here;

	seen[number]++;
	/* cppcheck-suppress danglingLifetime; it is compared, not followed */
	where = (uintptr_t)&here;
}

static void prepare_altstack(void)
{
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	HOLDS(!sigaltstack(&alternate, NULL));
	handle(SIGUSR1, note_stack, SA_ONSTACK);
}

static void verify_altstack(void)
{
	stack_t now;

	HOLDS(!sigaltstack(NULL, &now));
	HOLDS(now.ss_sp == stack && now.ss_size == sizeof(stack));
	kill(getpid(), SIGUSR1);
	HOLDS(where > (uintptr_t)stack);
	HOLDS(where < (uintptr_t)stack + sizeof(stack));
}

static void set_timer(int which, long milliseconds, long interval)
{
	struct itimerval timer = {
		.it_value = { milliseconds / 1000, milliseconds % 1000 * 1000 },
		.it_interval = { interval / 1000, interval % 1000 * 1000 },
	};

	HOLDS(!setitimer(which, &timer, NULL));
}

static void prepare_timer(void)
{
	handle(SIGALRM, note, SA_RESTART);
	set_timer(ITIMER_REAL, 20, 20);
}

static void verify_timer(void)
{
	int before = seen[SIGALRM];

	/* A timer that is lost leaves this waiting, which the lab ends. */
	while (seen[SIGALRM] < before + 3)
		pause();
}

/* Far from due: the time that is left stands still with the task. */
static void prepare_long_timers(void)
{
	set_timer(ITIMER_REAL, 3600000, 0);
	set_timer(ITIMER_VIRTUAL, 1800000, 7000);
	set_timer(ITIMER_PROF, 900000, 0);
}

static void check_timer(int which, long most, long interval)
{
	struct itimerval timer;

	HOLDS(!getitimer(which, &timer));
	HOLDS(timer.it_value.tv_sec <= most);
	HOLDS(timer.it_value.tv_sec > most - 300);
	HOLDS(timer.it_interval.tv_sec == interval);
}

static void verify_long_timers(void)
{
	check_timer(ITIMER_REAL, 3600, 0);
	check_timer(ITIMER_VIRTUAL, 1800, 7);
	check_timer(ITIMER_PROF, 900, 0);
}

const struct workload workloads_signals[] = {
	{ "handlers", "handlers, ignored signals, flags", prepare_handlers, NULL,
	  verify_handlers, false },
	{ "pending", "blocked signals that are pending", prepare_pending, NULL,
	  verify_pending, false },
	{ "queued", "queued signals with values", prepare_queued, NULL,
	  verify_queued, false },
	{ "altstack", "an alternate stack", prepare_altstack, NULL,
	  verify_altstack, false },
	{ "timer", "an interval timer that ticks", prepare_timer, NULL,
	  verify_timer, false },
	{ "long-timers", "timers far from due", prepare_long_timers, NULL,
	  verify_long_timers, false },
	{ .name = NULL },
};
