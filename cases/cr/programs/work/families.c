// SPDX-License-Identifier: GPL-2.0
/* Workloads whose state is how tasks are related, and what each may do. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

#define DEPTH	16
#define THREADS	24

static int leaf(void *number)
{
	await_end();
	return 10 + (int)(long)number;
}

static int chain(void *depth)
{
	long left = (long)depth;

	if (!left)
		return leaf(NULL);
	child(chain, (void *)(left - 1));
	reap(left == 1 ? 10 : (int)left - 1 + 10);
	return (int)left + 10;
}

static void prepare_deep(void) { child(chain, (void *)(long)DEPTH); }
static void verify_deep(void) { reap(DEPTH + 10); }

/* A child of its parent's parent, in the session or group of the parent. */
static pid_t sibling(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
}

static int in_dead_session(void)
{
	while (!may_end())
		usleep(2000);
	HOLDS(getsid(0) != getpid() && getsid(0) != getsid(getppid()));
	HOLDS(getpgrp() == getsid(0) && getpgrp() != getpgid(getppid()));
	return 4;
}

static int lead_session(void *unused)
{
	(void)unused;
	HOLDS(setsid() == getpid());
	if (!sibling())
		_exit(in_dead_session());
	return 5;
}

static int in_dead_group(void)
{
	while (!may_end())
		usleep(2000);
	HOLDS(getsid(0) == getsid(getppid()));
	HOLDS(getpgrp() != getpid() && getpgrp() != getpgid(getppid()));
	return 6;
}

static int lead_group(void *unused)
{
	(void)unused;
	HOLDS(!setpgid(0, 0));
	if (!sibling())
		_exit(in_dead_group());
	return 7;
}

static void prepare_dead_session(void)
{
	child(lead_session, NULL);
	reap(5);
}

static void verify_dead_session(void) { reap(4); }

static void prepare_dead_group(void)
{
	child(lead_group, NULL);
	reap(7);
}

static void verify_dead_group(void) { reap(6); }

/* A child that was there before its parent led a session. */
static int lead_later(void *unused)
{
	pid_t before = getsid(0);

	(void)unused;
	child(leaf, (void *)1L);
	HOLDS(setsid() == getpid());
	child(leaf, (void *)2L);
	await_end();
	HOLDS(getsid(0) == getpid() && before != getpid());
	reap(11);
	reap(12);
	return 8;
}

static void prepare_early_child(void) { child(lead_later, NULL); }
static void verify_early_child(void) { reap(8); }

static int with_death_signal(void *unused)
{
	int number = 0;

	(void)unused;
	HOLDS(!prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0));
	await_end();
	HOLDS(!prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0) && number == SIGUSR2);
	return 9;
}

static void prepare_death_signal(void) { child(with_death_signal, NULL); }
static void verify_death_signal(void) { reap(9); }

/* capget's and capset's, of version 3: the C library has no header for it. */
struct caps_header { uint32_t version; int pid; };
struct caps { uint32_t effective, permitted, inheritable; };

#define CAP_CHOWN	0
#define CAP_SETPCAP	8
#define CAP_NET_ADMIN	12
#define CAP_SYS_TIME	25

/* On old kernels not even root has it by itself. */
static bool may_drop;

static void get_caps(struct caps caps[2])
{
	struct caps_header header = { 0x20080522, 0 };

	HOLDS(!syscall(SYS_capget, &header, caps));
}

static void prepare_caps(void)
{
	struct caps_header header = { 0x20080522, 0 };
	struct caps caps[2];

	get_caps(caps);
	may_drop = caps[0].effective & 1u << CAP_SETPCAP;
	caps[0].effective &= ~(1u << CAP_CHOWN);
	caps[0].permitted &= ~(1u << CAP_NET_ADMIN);
	caps[0].effective &= ~(1u << CAP_NET_ADMIN);
	caps[0].inheritable = 1u << CAP_SYS_TIME;
	HOLDS(!syscall(SYS_capset, &header, caps));
	HOLDS(!may_drop || !prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0));
}

static void verify_caps(void)
{
	struct caps caps[2];

	get_caps(caps);
	HOLDS(!(caps[0].effective & 1u << CAP_CHOWN) && caps[0].permitted & 1u << CAP_CHOWN);
	HOLDS(!(caps[0].permitted & 1u << CAP_NET_ADMIN));
	HOLDS(caps[0].inheritable == 1u << CAP_SYS_TIME);
	HOLDS(prctl(PR_CAPBSET_READ, CAP_SYS_TIME, 0, 0, 0) == !may_drop);
	HOLDS(prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0) == 1);
}

static void prepare_undumpable(void)
{
	HOLDS(!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

static void verify_undumpable(void)
{
	HOLDS(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

/* Many threads at once, each under a name of its own. */
static pthread_t threads[THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static int there, may_go;

static void *be_named(void *number)
{
	char name[16], now[16];

	snprintf(name, sizeof(name), "thread %ld", (long)number);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	pthread_mutex_lock(&lock);
	there++;
	pthread_cond_broadcast(&change);
	while (!may_go)
		pthread_cond_wait(&change, &lock);
	there--;
	pthread_mutex_unlock(&lock);
	prctl(PR_GET_NAME, now, 0, 0, 0);
	return strcmp(name, now) ? "another name" : NULL;
}

static void prepare_many_threads(void)
{
	long i;

	for (i = 0; i < THREADS; i++)
		HOLDS(!pthread_create(&threads[i], NULL, be_named, (void *)i));
	pthread_mutex_lock(&lock);
	while (there < THREADS)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
}

static void verify_many_threads(void)
{
	void *wrong;
	int i;

	pthread_mutex_lock(&lock);
	may_go = 1;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < THREADS; i++)
		HOLDS(!pthread_join(threads[i], &wrong) && !wrong);
	HOLDS(!there);
}

/* In a root of its own, which is the workload's folder. */
static int in_chroot(void *unused)
{
	struct stat status;
	char here[64];

	(void)unused;
	settle();
	HOLDS(!chroot(own("")) && !chdir("/"));
	HOLDS(!unlink("/outside"));
	while (stat("/go", &status) < 0)
		usleep(2000);
	HOLDS(getcwd(here, sizeof(here)) && !strcmp(here, "/"));
	HOLDS(stat("/proc", &status) < 0 && errno == ENOENT);
	return 4;
}

static void prepare_chroot(void)
{
	struct stat status;

	HOLDS(close(open(own("outside"), O_CREAT | O_WRONLY, 0600)) == 0);
	child(in_chroot, NULL);
	/* By its old name it could not say that it is settled. */
	while (stat(own("outside"), &status) == 0)
		usleep(1000);
}

static void verify_chroot(void) { reap(4); }

/* A process that shares memory, files and folders, and is no thread. */
static char clone_stack[65536] __attribute__((aligned(16)));
static volatile int shared_count, shared_go, shared_fd = -1;

static int share_all(void *unused)
{
	(void)unused;
	shared_count = 1;
	/* errno is shared as well: nothing that fails. */
	while (!shared_go)
		usleep(2000);
	shared_fd = open(own("opened"), O_RDWR | O_CREAT, 0600);
	shared_count++;
	syscall(SYS_exit, 5);
	return 0;
}

static void prepare_shared_all(void)
{
	HOLDS(clone(share_all, clone_stack + sizeof(clone_stack),
		    CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, NULL) > 0);
	while (!shared_count)
		usleep(1000);
}

static void verify_shared_all(void)
{
	shared_go = 1;
	reap(5);
	HOLDS(shared_count == 2);
	HOLDS(shared_fd >= 0 && write(shared_fd, "x", 1) == 1);
}

/* What has come back makes tasks as it ever did. */
static void prepare_forks_on(void) { child(leaf, (void *)1L); }

static void verify_forks_on(void)
{
	int status, i;
	pid_t pid;

	reap(11);
	for (i = 0; i < 5; i++) {
		pid = fork();
		if (!pid)
			_exit(20 + i);
		HOLDS(waitpid(pid, &status, 0) == pid);
		HOLDS(WIFEXITED(status) && WEXITSTATUS(status) == 20 + i);
	}
	pid = vfork();
	if (!pid)
		_exit(30);
	HOLDS(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 30);
}

/* Each of the limits, and of the children another nice value. */
static int be_nice(void *number)
{
	int value = (int)(long)number;

	HOLDS(!setpriority(PRIO_PROCESS, 0, value));
	await_end();
	errno = 0;
	HOLDS(getpriority(PRIO_PROCESS, 0) == value && !errno);
	return 3;
}

static struct rlimit limits[RLIM_NLIMITS];

static void prepare_all_limits(void)
{
	struct rlimit limit;
	int i;

	child(be_nice, (void *)-5L);
	child(be_nice, (void *)15L);
	for (i = 0; i < RLIM_NLIMITS; i++) {
		HOLDS(!getrlimit(i, &limit));
		if (limit.rlim_cur == RLIM_INFINITY)
			limit.rlim_cur = 1000000000UL + (rlim_t)i;
		else if (limit.rlim_cur > 10)
			limit.rlim_cur -= 5;
		HOLDS(!setrlimit(i, &limit));
		limits[i] = limit;
	}
}

static void verify_all_limits(void)
{
	struct rlimit limit;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		HOLDS(!getrlimit(i, &limit));
		HOLDS(limit.rlim_cur == limits[i].rlim_cur);
		HOLDS(limit.rlim_max == limits[i].rlim_max);
	}
	reap(3);
	reap(3);
}

const struct workload workloads_families[] = {
	{ "deep", "a chain of 17 processes", prepare_deep, NULL, verify_deep, false },
	{ "dead-session", "a session whose leader is gone", prepare_dead_session, NULL,
	  verify_dead_session, false },
	{ "dead-group", "a group whose leader is gone", prepare_dead_group, NULL,
	  verify_dead_group, false },
	{ "early-child", "a child older than its parent's session", prepare_early_child,
	  NULL, verify_early_child, false },
	{ "death-signal", "a signal for the parent's death", prepare_death_signal, NULL,
	  verify_death_signal, false },
	{ "capabilities", "capabilities given up", prepare_caps, NULL, verify_caps, false },
	{ "undumpable", "memory that nobody may look into", prepare_undumpable, NULL,
	  verify_undumpable, false },
	{ "many-threads", "24 threads with names, in a condition", prepare_many_threads,
	  NULL, verify_many_threads, false },
	{ "chroot", "a child with a root of its own", prepare_chroot, NULL,
	  verify_chroot, false },
	{ "shared-all", "a process that shares memory and files", prepare_shared_all,
	  NULL, verify_shared_all, false },
	{ "forks-on", "processes made after the restart", prepare_forks_on, NULL,
	  verify_forks_on, false },
	{ "all-limits", "every limit, and nice values", prepare_all_limits, NULL,
	  verify_all_limits, false },
	{ .name = NULL },
};
