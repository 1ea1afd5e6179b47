// SPDX-License-Identifier: GPL-2.0
/* Workloads with what docs/state.md says is lost, and with what was once. */
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
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

/* Of kernel headers that musl lacks. */
#define WAIT_OWN_THREAD		0x20000000
#define PRIORITY_OF_PROCESS	1
#define BEST_EFFORT_7		(2 << 13 | 7)

static int ends[2];
static pid_t other;

static int wait_for_end(void *unused)
{
	(void)unused;
	await_end();
	return 0;
}

/* A process of its own, which ends with its parent. */
static pid_t companion(void)
{
	pid_t pid = fork();

	HOLDS(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			pause();
	}
	return pid;
}

static void end_companion(pid_t pid)
{
	HOLDS(!kill(pid, SIGKILL));
	HOLDS(waitpid(pid, NULL, 0) == pid);
}

static void prepare_signal_number(void)
{
	HOLDS(!pipe(ends));
	HOLDS(!fcntl(ends[0], F_SETSIG, SIGRTMIN));
}

static void verify_signal_number(void)
{
	HOLDS(fcntl(ends[0], F_GETSIG) == SIGRTMIN);
}

static void prepare_next_namespace(void)
{
	HOLDS(!unshare(CLONE_NEWPID));
}

static void verify_next_namespace(void)
{
	pid_t pid = fork();
	int status;

	HOLDS(pid >= 0);
	if (!pid)
		_exit(getpid() == 1 ? 1 : 2);
	HOLDS(waitpid(pid, &status, 0) == pid);
	HOLDS(WEXITSTATUS(status) == 1);
}

static void prepare_owner(void)
{
	HOLDS(!pipe(ends));
	HOLDS(!fchmod(ends[0], 0640));
}

static void verify_owner(void)
{
	char path[32];
	struct stat now;
	int fd;

	HOLDS(!fstat(ends[0], &now));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	HOLDS(fd >= 0);
	HOLDS(now.st_uid == geteuid());
	HOLDS((now.st_mode & 0777) == 0640);
}

static bool may_wait(void)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };

	return !nanosleep(&pause, NULL);
}

static void prepare_own_group(void)
{
	other = fork();
	HOLDS(other >= 0);
	if (!other) {
		execl("/bin/busybox", "busybox", "sleep", "1000", NULL);
		_exit(1);
	}
	/* it has become another program as soon as that is what is told */
	do {
		errno = 0;
	} while (!setpgid(other, getpgrp()) && may_wait());
	HOLDS(errno == EACCES);
}

static void verify_own_group(void)
{
	HOLDS(setpgid(other, getpgrp()) < 0 && errno == EACCES);
	end_companion(other);
}

/* Whom it traces is nobody's child of its own, and is not saved with it. */
static void prepare_debugger(void)
{
	pid_t middle;

	HOLDS(!pipe(ends));
	middle = fork();
	HOLDS(middle >= 0);
	if (!middle) {
		other = fork();
		if (!other)
			for (;;)
				pause();
		_exit(write(ends[1], &other, sizeof(other)) != sizeof(other));
	}
	HOLDS(read(ends[0], &other, sizeof(other)) == sizeof(other));
	HOLDS(waitpid(middle, NULL, 0) == middle);
	HOLDS(!ptrace(PTRACE_ATTACH, other, NULL, NULL));
	HOLDS(waitpid(other, NULL, __WALL) == other);
}

static void verify_debugger(void)
{
	errno = 0;
	ptrace(PTRACE_PEEKUSER, other, NULL, NULL);
	HOLDS(!errno);
	HOLDS(!kill(other, SIGKILL));
}

static long setting(const char *path, long value)
{
	char text[24];
	int fd = open(path, value ? O_WRONLY : O_RDONLY);
	int length = snprintf(text, sizeof(text), "%ld", value);

	HOLDS(fd >= 0);
	/* Not by a stream, which writes nothing as well: that is a 0 to 2.6.30. */
	if (value)
		HOLDS(write(fd, text, (size_t)length) == length);
	else
		HOLDS((length = (int)read(fd, text, sizeof(text) - 1)) > 0);
	HOLDS(!close(fd));
	text[length] = 0;
	return strtol(text, NULL, 10);
}

static const char queues_max[] = "/proc/sys/fs/mqueue/queues_max";
static const char msgmni[] = "/proc/sys/kernel/msgmni";

static void prepare_queue_limits(void)
{
	HOLDS(!unshare(CLONE_NEWIPC));
	setting(queues_max, 17);
}

static void verify_queue_limits(void)
{
	HOLDS(setting(queues_max, 0) == 17);
}

static void prepare_number_of_queues(void)
{
	HOLDS(!unshare(CLONE_NEWIPC));
	setting(msgmni, 123);
}

static void verify_number_of_queues(void)
{
	HOLDS(setting(msgmni, 0) == 123);
}

static void prepare_continued(void)
{
	int status;

	other = companion();
	HOLDS(!kill(other, SIGSTOP));
	HOLDS(waitpid(other, &status, WUNTRACED) == other && WIFSTOPPED(status));
	HOLDS(!kill(other, SIGCONT));
}

static void verify_continued(void)
{
	int status;

	HOLDS(waitpid(other, &status, WCONTINUED | WNOHANG) == other);
	HOLDS(WIFCONTINUED(status));
	end_companion(other);
}

static void prepare_stop_told(void)
{
	int status;

	other = companion();
	HOLDS(!kill(other, SIGSTOP));
	HOLDS(waitpid(other, &status, WUNTRACED) == other && WIFSTOPPED(status));
}

static void verify_stop_told(void)
{
	int status;

	HOLDS(waitpid(other, &status, WUNTRACED | WNOHANG) == 0);
	end_companion(other);
}

static pthread_t parent;
static pthread_barrier_t forked;
static volatile int is_own;

static void *fork_and_wait(void *unused)
{
	pid_t pid;

	(void)unused;
	pid = child(wait_for_end, NULL);
	pthread_barrier_wait(&forked);
	await_end();
	is_own = waitpid(pid, NULL, WAIT_OWN_THREAD | WNOHANG) >= 0;
	return NULL;
}

static void prepare_threads_child(void)
{
	HOLDS(!pthread_barrier_init(&forked, NULL, 2));
	HOLDS(!pthread_create(&parent, NULL, fork_and_wait, NULL));
	/* Who is not there yet can't be waited for. */
	pthread_barrier_wait(&forked);
	await_settled();
}

static void verify_threads_child(void)
{
	HOLDS(!pthread_join(parent, NULL));
	while (waitpid(-1, NULL, 0) > 0)
		;
	HOLDS(is_own);
}

static void prepare_io_priority(void)
{
	HOLDS(!syscall(SYS_ioprio_set, PRIORITY_OF_PROCESS, 0, BEST_EFFORT_7));
}

static void verify_io_priority(void)
{
	HOLDS(syscall(SYS_ioprio_get, PRIORITY_OF_PROCESS, 0) == BEST_EFFORT_7);
}

static void prepare_timer_slack(void)
{
	HOLDS(!prctl(PR_SET_TIMERSLACK, 1234567, 0, 0, 0));
}

static void verify_timer_slack(void)
{
	HOLDS(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) == 1234567);
}

static const char oom_score_adj[] = "/proc/self/oom_score_adj";
static const char oom_adj[] = "/proc/self/oom_adj";

/* The older one is there as well where there is the other. */
static const char *killing(void)
{
	return access(oom_score_adj, F_OK) ? oom_adj : oom_score_adj;
}

static void prepare_killed_late(void)
{
	setting(killing(), -7);
}

static void verify_killed_late(void)
{
	HOLDS(setting(killing(), 0) == -7);
}

/* A third of the way up it begins; the stack is at the end. */
static void verify_from_below(void)
{
	void *area = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	HOLDS(area != MAP_FAILED);
	HOLDS((uintptr_t)area < (uintptr_t)&area / 4 * 3);
	HOLDS(!munmap(area, 1 << 20));
}

/* Only exec looks at what a program is to have mapped from below. */
void begin_anew(const struct workload *workload, char **argv)
{
	int now = personality(0xffffffff);

	if (workload->verify != verify_from_below || (now & ADDR_COMPAT_LAYOUT))
		return;
	HOLDS(personality((unsigned long)now | ADDR_COMPAT_LAYOUT) >= 0);
	execv("/proc/self/exe", argv);
	broken("exec: %s", strerror(errno));
}

static clock_t used;

static void prepare_used_time(void)
{
	while (clock() < CLOCKS_PER_SEC / 2)
		;
	used = clock();
}

static void verify_used_time(void)
{
	HOLDS(clock() >= used);
}

const struct workload workloads_losses[] = {
	{ "signal-number", "a signal of choice for a descriptor", prepare_signal_number,
	  NULL, verify_signal_number, false },
	{ "next-namespace", "a pid namespace for children to come", prepare_next_namespace,
	  NULL, verify_next_namespace, false },
	{ "pipe-owner", "a pipe of its own, and who may open it", prepare_owner, NULL,
	  verify_owner, false },
	{ "another-program", "a child that has become another program",
	  prepare_own_group, NULL, verify_own_group, false },
	{ "debugger", "a task that it traces", prepare_debugger, NULL,
	  verify_debugger, false },
	{ "queue-limits", "limits of POSIX message queues", prepare_queue_limits, NULL,
	  verify_queue_limits, false },
	{ "number-of-queues", "how many message queues there can be",
	  prepare_number_of_queues, NULL, verify_number_of_queues, false },
	{ "continued", "a child that was continued, and nobody has asked",
	  prepare_continued, NULL, verify_continued, false },
	{ "stop-told", "a child that is stopped, which its parent knows",
	  prepare_stop_told, NULL, verify_stop_told, false },
	{ "threads-child", "a child of another thread", prepare_threads_child, NULL,
	  verify_threads_child, false },
	{ "io-priority", "an i/o priority", prepare_io_priority, NULL,
	  verify_io_priority, false },
	{ "timer-slack", "a slack of timers", prepare_timer_slack, NULL,
	  verify_timer_slack, false },
	{ "killed-late", "being killed later than others when memory is short",
	  prepare_killed_late, NULL, verify_killed_late, false },
	{ "from-below", "mappings from below", verify_from_below, NULL,
	  verify_from_below, false },
	{ "used-time", "half a second of processor time", prepare_used_time, NULL,
	  verify_used_time, false },
	{ .name = NULL },
};
