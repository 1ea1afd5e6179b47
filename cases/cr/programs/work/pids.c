// SPDX-License-Identifier: GPL-2.0
/* Workloads that know tasks by their pids: they come back with those they had. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

static volatile sig_atomic_t seen[65];
static pid_t self, children[4];

static void note(int number)
{
	seen[number]++;
}

static void handle(int number)
{
	struct sigaction action = { .sa_handler = note };

	sigemptyset(&action.sa_mask);
	HOLDS(!sigaction(number, &action, NULL));
}

static int know_oneself(void *unused)
{
	pid_t mine = getpid(), parent = getppid(), group = getpgrp(), session = getsid(0);

	(void)unused;
	await_end();
	HOLDS(getpid() == mine && getppid() == parent && parent == self);
	HOLDS(getpgrp() == group && getsid(0) == session);
	HOLDS(syscall(SYS_gettid) == mine);
	return 3;
}

static void prepare_own(void)
{
	self = getpid();
	HOLDS(setsid() == self || getpgrp() == self);
	child(know_oneself, NULL);
}

static void verify_own(void)
{
	HOLDS(getpid() == self && syscall(SYS_gettid) == self);
	HOLDS(getpgrp() == self);
	reap(3);
	handle(SIGUSR1);
	HOLDS(!kill(self, SIGUSR1) && seen[SIGUSR1] == 1);
}

static int leaf(void *number)
{
	await_end();
	return 10 + (int)(long)number;
}

static void prepare_waitpid(void)
{
	long i;

	for (i = 0; i < 4; i++)
		children[i] = child(leaf, (void *)i);
}

static void verify_waitpid(void)
{
	int i, status;

	for (i = 3; i >= 0; i--) {
		HOLDS(waitpid(children[i], &status, 0) == children[i]);
		HOLDS(WIFEXITED(status) && WEXITSTATUS(status) == 10 + i);
	}
}

/* In waitpid() for one that ends last. */
static int wait_for_one(void *unused)
{
	pid_t first = child(leaf, (void *)1L), second = child(leaf, (void *)2L);
	int status;

	(void)unused;
	settle();
	while (waitpid(second, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	if (WEXITSTATUS(status) != 12 || waitpid(first, &status, 0) != first)
		return 2;
	return WEXITSTATUS(status) == 11 ? 4 : 3;
}

static void prepare_in_waitpid(void)
{
	child(wait_for_one, NULL);
}

static void verify_in_waitpid(void)
{
	reap(4);
}

static int await_kill(void *unused)
{
	sigset_t none;

	(void)unused;
	sigemptyset(&none);
	settle();
	while (!seen[SIGUSR1])
		sigsuspend(&none);
	return 5;
}

static void block_and_handle(void)
{
	sigset_t set;

	handle(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	HOLDS(!sigprocmask(SIG_BLOCK, &set, NULL));
}

static void prepare_kill(void)
{
	int i;

	block_and_handle();
	for (i = 0; i < 4; i++)
		children[i] = child(await_kill, NULL);
}

static void verify_kill(void)
{
	int i, status;

	for (i = 0; i < 4; i++) {
		HOLDS(!kill(children[i], SIGUSR1));
		HOLDS(waitpid(children[i], &status, 0) == children[i]);
		HOLDS(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	}
}

static int lead_group(void *unused)
{
	(void)unused;
	HOLDS(!setpgid(0, 0));
	child(await_kill, NULL);
	child(await_kill, NULL);
	return await_kill(NULL) == 5 ? (reap(5), reap(5), 6) : 1;
}

static void prepare_kill_group(void)
{
	block_and_handle();
	children[0] = child(lead_group, NULL);
}

static void verify_kill_group(void)
{
	HOLDS(getpgid(children[0]) == children[0]);
	HOLDS(!kill(-children[0], SIGUSR1));
	reap(6);
}

/* Threads that know their ids, and are sent signals by them. */
static pthread_t threads[3];
static pid_t ids[3];
static volatile int there, answered[3];

static void note_thread(int number)
{
	int i;

	(void)number;
	for (i = 0; i < 3; i++)
		if (syscall(SYS_gettid) == ids[i])
			answered[i]++;
}

static void *know_thread(void *number)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	long i = (long)number;

	ids[i] = (pid_t)syscall(SYS_gettid);
	__atomic_add_fetch(&there, 1, __ATOMIC_SEQ_CST);
	while (!answered[i])
		nanosleep(&pause, NULL);
	return syscall(SYS_gettid) == ids[i] ? NULL : "another id";
}

static void prepare_tgkill(void)
{
	struct sigaction action = { .sa_handler = note_thread };
	long i;

	HOLDS(!sigaction(SIGUSR1, &action, NULL));
	for (i = 0; i < 3; i++)
		HOLDS(!pthread_create(&threads[i], NULL, know_thread, (void *)i));
	while (there < 3)
		;
}

static void verify_tgkill(void)
{
	void *wrong;
	int i;

	for (i = 0; i < 3; i++) {
		HOLDS(!syscall(SYS_tgkill, getpid(), ids[i], SIGUSR1));
		HOLDS(!pthread_join(threads[i], &wrong) && !wrong);
		HOLDS(answered[i] == 1);
	}
}

/* A robust mutex tells who takes it next that its owner has died: by its id. */
static pthread_mutex_t *mutex;

static int die_locked(void *unused)
{
	(void)unused;
	HOLDS(!pthread_mutex_lock(mutex));
	await_end();
	_exit(7);
}

static void prepare_robust(void)
{
	pthread_mutexattr_t how;

	mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	HOLDS(mutex != MAP_FAILED);
	HOLDS(!pthread_mutexattr_init(&how));
	HOLDS(!pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED));
	HOLDS(!pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST));
	HOLDS(!pthread_mutex_init(mutex, &how));
	child(die_locked, NULL);
}

static void verify_robust(void)
{
	HOLDS(pthread_mutex_lock(mutex) == EOWNERDEAD);
	HOLDS(!pthread_mutex_consistent(mutex));
	HOLDS(!pthread_mutex_unlock(mutex));
	reap(7);
}

/* As daemons do. */
static void prepare_pid_file(void)
{
	FILE *file = fopen(own("pid"), "w");

	HOLDS(file && fprintf(file, "%d\n", getpid()) > 0);
	HOLDS(!fclose(file));
}

static void verify_pid_file(void)
{
	FILE *file = fopen(own("pid"), "r");
	int pid;

	HOLDS(file && fscanf(file, "%d", &pid) == 1);
	HOLDS(pid == getpid() && !kill(pid, 0));
}

const struct workload workloads_pids[] = {
	{ "own-pid", "its own ids and its parent's", prepare_own, NULL, verify_own, false },
	{ "waitpid", "children waited for by number", prepare_waitpid, NULL,
	  verify_waitpid, false },
	{ "in-waitpid", "a parent in waitpid for one child", prepare_in_waitpid, NULL,
	  verify_in_waitpid, false },
	{ "kill", "children signalled by number", prepare_kill, NULL, verify_kill, false },
	{ "kill-group", "a group signalled by number", prepare_kill_group, NULL,
	  verify_kill_group, false },
	{ "tgkill", "threads signalled by number", prepare_tgkill, NULL, verify_tgkill, false },
	{ "robust", "a robust mutex whose owner dies", prepare_robust, NULL,
	  verify_robust, false },
	{ "pid-file", "a pid in a file", prepare_pid_file, NULL, verify_pid_file, false },
	{ .name = NULL },
};
