// SPDX-License-Identifier: GPL-2.0
/* Workloads whose state is the tasks they are made of. */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

#define CHILDREN	10

static int leaf(void *number)
{
	await_end();
	return 10 + (int)(long)number;
}

static int branch(void *number)
{
	child(leaf, (void *)1L);
	child(leaf, (void *)2L);
	reap(11);
	reap(12);
	return 20 + (int)(long)number;
}

static void prepare_tree(void)
{
	long i;

	for (i = 0; i < 3; i++)
		child(branch, (void *)i);
}

static void verify_tree(void)
{
	int i;

	for (i = 0; i < 3; i++)
		reap(20 + i);
	HOLDS(wait(NULL) < 0 && errno == ECHILD);
}

static void prepare_many(void)
{
	long i;

	for (i = 0; i < CHILDREN; i++)
		child(leaf, (void *)i);
}

static void verify_many(void)
{
	int i;

	for (i = 0; i < CHILDREN; i++)
		reap(10 + i);
}

static pthread_t threads[3];
static atomic_ulong counts[3];
static atomic_bool threads_end;
static __thread unsigned long own_count;

static void *count(void *number)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	long i = (long)number;

	while (!atomic_load(&threads_end)) {
		own_count++;
		atomic_store(&counts[i], own_count);
		nanosleep(&pause, NULL);
	}
	return (void *)(own_count * 10 + (unsigned long)i);
}

static void prepare_threads(void)
{
	long i;

	for (i = 0; i < 3; i++)
		HOLDS(!pthread_create(&threads[i], NULL, count, (void *)i));
}

static void verify_threads(void)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	unsigned long before[3];
	void *result;
	int i;

	/* All of them go on, and none has lost what only it could see. */
	for (i = 0; i < 3; i++)
		before[i] = atomic_load(&counts[i]);
	for (i = 0; i < 3; i++)
		while (atomic_load(&counts[i]) == before[i])
			nanosleep(&pause, NULL);
	atomic_store(&threads_end, true);
	for (i = 0; i < 3; i++) {
		HOLDS(!pthread_join(threads[i], &result));
		HOLDS((unsigned long)result ==
		      atomic_load(&counts[i]) * 10 + (unsigned long)i);
	}
}

/* The same in a child: nobody but its parent is its parent's child. */
static int count_in_threads(void *unused)
{
	(void)unused;
	prepare_threads();
	await_end();
	verify_threads();
	return 0;
}

static void prepare_below(void)
{
	child(count_in_threads, NULL);
}

static void verify_below(void)
{
	reap(0);
}

static int end_now(void *status)
{
	return (int)(long)status;
}

static void await_state(pid_t pid, char state)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	char path[32], text[256], *after;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (;;) {
		file = fopen(path, "r");
		HOLDS(file);
		HOLDS(fgets(text, sizeof(text), file));
		fclose(file);
		after = strrchr(text, ')');
		if (after && after[2] == state)
			return;
		nanosleep(&pause, NULL);
	}
}

static void prepare_zombies(void)
{
	pid_t by_itself = child(end_now, (void *)7L);
	pid_t killed = child(leaf, (void *)0L);
	siginfo_t info;

	await_settled();
	kill(killed, SIGKILL);
	/* Not by /proc, where a container's tasks have other pids. */
	HOLDS(!waitid(P_PID, (id_t)by_itself, &info, WEXITED | WNOWAIT));
	HOLDS(!waitid(P_PID, (id_t)killed, &info, WEXITED | WNOWAIT));
}

static void verify_zombies(void)
{
	int status, exited = 0, signaled = 0;

	while (wait(&status) > 0) {
		exited += WIFEXITED(status) && WEXITSTATUS(status) == 7;
		signaled += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	HOLDS(exited == 1 && signaled == 1);
}

static void prepare_stopped(void)
{
	pid_t pid = child(leaf, (void *)3L);

	await_settled();
	kill(pid, SIGSTOP);
	await_state(pid, 'T');
}

static void verify_stopped(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, WUNTRACED);

	HOLDS(pid > 0 && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	await_state(pid, 'T');
	kill(pid, SIGCONT);
	reap(13);
}

static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };

#define STOPS	(sizeof(stops) / sizeof(*stops))

/* A group whose members have no parents in another one of the session ignores these. */
static int in_group_to_stop(void *signal)
{
	HOLDS(!setpgid(0, 0));
	await_end();
	return (int)(long)signal;
}

static void prepare_suspended(void)
{
	size_t i;

	for (i = 0; i < STOPS; i++) {
		pid_t pid = child(in_group_to_stop, (void *)(long)stops[i]);

		await_settled();
		kill(pid, stops[i]);
		await_state(pid, 'T');
	}
}

static void verify_suspended(void)
{
	pid_t pids[STOPS];
	size_t i, k, found = 0;
	int status;

	for (i = 0; i < STOPS; i++) {
		pids[i] = waitpid(-1, &status, WUNTRACED);
		HOLDS(pids[i] > 0 && WIFSTOPPED(status));
		for (k = 0; k < STOPS; k++)
			found |= WSTOPSIG(status) == stops[k] ? (size_t)1 << k : 0;
		await_state(pids[i], 'T');
	}
	HOLDS(found == ((size_t)1 << STOPS) - 1);
	for (i = 0; i < STOPS; i++)
		kill(pids[i], SIGCONT);
	for (i = 0; i < STOPS; i++)
		reap(stops[i]);
}

static int in_session(void *unused)
{
	(void)unused;
	await_end();
	HOLDS(getsid(0) == getppid() && getpgid(0) == getppid());
	return 10;
}

static int in_own_group(void *unused)
{
	(void)unused;
	HOLDS(!setpgid(0, 0));
	await_end();
	HOLDS(getsid(0) == getppid() && getpgid(0) == getpid());
	return 11;
}

/* Whatever the ids are, the relations are what they were. */
static int lead_session(void *unused)
{
	(void)unused;
	HOLDS(setsid() == getpid());
	child(in_session, NULL);
	child(in_own_group, NULL);
	await_end();
	HOLDS(getsid(0) == getpid() && getpgid(0) == getpid());
	reap(10);
	reap(11);
	return 9;
}

static void prepare_session(void)
{
	child(lead_session, NULL);
}

static void verify_session(void)
{
	reap(9);
}

static void prepare_limits(void)
{
	struct rlimit limit = { 123, 456 };

	HOLDS(!setrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max = 1 << 20;
	HOLDS(!setrlimit(RLIMIT_CORE, &limit));
	HOLDS(!setpriority(PRIO_PROCESS, 0, 7));
	HOLDS(!prctl(PR_SET_NAME, "a (name) of its", 0, 0, 0));
}

static void verify_limits(void)
{
	struct rlimit limit;
	char name[16];

	HOLDS(!getrlimit(RLIMIT_NOFILE, &limit));
	HOLDS(limit.rlim_cur == 123 && limit.rlim_max == 456);
	HOLDS(!getrlimit(RLIMIT_CORE, &limit));
	HOLDS(limit.rlim_cur == 1 << 20 && limit.rlim_max == 1 << 20);
	HOLDS(getpriority(PRIO_PROCESS, 0) == 7);
	HOLDS(!prctl(PR_GET_NAME, name, 0, 0, 0));
	HOLDS(!strcmp(name, "a (name) of its"));
}

static void prepare_personality(void)
{
	HOLDS(personality(ADDR_NO_RANDOMIZE | MMAP_PAGE_ZERO) >= 0);
}

static void verify_personality(void)
{
	HOLDS(personality(0xffffffff) == (ADDR_NO_RANDOMIZE | MMAP_PAGE_ZERO));
}

static void prepare_identity(void)
{
	static const gid_t groups[] = { 7, 70, 700 };

	HOLDS(!setgroups(3, groups));
	HOLDS(!setresgid(20, 21, 22));
	HOLDS(!prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	/* Still root for the file system: the lab's folder is root's. */
	HOLDS(!setresuid(10, 0, 12));
}

static void verify_identity(void)
{
	uid_t uid[3];
	gid_t gid[3], groups[8];

	HOLDS(!getresuid(&uid[0], &uid[1], &uid[2]));
	HOLDS(uid[0] == 10 && uid[1] == 0 && uid[2] == 12);
	HOLDS(!getresgid(&gid[0], &gid[1], &gid[2]));
	HOLDS(gid[0] == 20 && gid[1] == 21 && gid[2] == 22);
	HOLDS(getgroups(8, groups) == 3);
	HOLDS(groups[0] == 7 && groups[1] == 70 && groups[2] == 700);
	HOLDS(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 1);
}

static char cwd[256];

static void prepare_folder(void)
{
	HOLDS(!mkdir(own("inside"), 0700) && !chdir(own("inside")));
	HOLDS(getcwd(cwd, sizeof(cwd)));
	umask(0125);
}

static void verify_folder(void)
{
	char now[256];

	HOLDS(getcwd(now, sizeof(now)) && !strcmp(cwd, now));
	HOLDS(umask(0) == 0125);
}

const struct workload workloads_tasks[] = {
	{ "tree", "a process with 3 children and 6 grandchildren", prepare_tree,
	  NULL, verify_tree, false },
	{ "many", "a process with 10 children", prepare_many, NULL, verify_many, false },
	{ "threads-below", "a child with 4 threads", prepare_below, NULL,
	  verify_below, false },
	{ "threads", "4 threads, each with memory of its own", prepare_threads,
	  NULL, verify_threads, false },
	{ "zombies", "children that have ended, by themselves and by a signal",
	  prepare_zombies, NULL, verify_zombies, false },
	{ "stopped-child", "a child stopped by a signal", prepare_stopped, NULL,
	  verify_stopped, false },
	{ "suspended", "children stopped by SIGTSTP, SIGTTIN and SIGTTOU", prepare_suspended,
	  NULL, verify_suspended, false },
	{ "session", "a session with two groups", prepare_session, NULL,
	  verify_session, false },
	{ "limits", "limits, nice value and name", prepare_limits, NULL,
	  verify_limits, false },
	{ "personality", "a personality", prepare_personality, NULL,
	  verify_personality, false },
	{ "identity", "user and group ids, groups, keepcaps", prepare_identity,
	  NULL, verify_identity, false },
	{ "place", "a working directory and a umask", prepare_folder, NULL,
	  verify_folder, false },
	{ .name = NULL },
};
