// SPDX-License-Identifier: GPL-2.0
/* Workloads that have told the kernel, once, how it is to treat them. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

/* Of kernel headers that musl lacks, as of Linux 6.1. */
#define RESET_ON_FORK		0x40000000
#define IO_FLUSHER_SET		57
#define IO_FLUSHER_GET		58
#define BARRIER_PRIVATE		(1 << 3)
#define BARRIER_REGISTER	(1 << 4)
#define LOCK_ON_FAULT		1

static void prepare_reset_on_fork(void)
{
	struct sched_param none = { 0 };

	HOLDS(!syscall(SYS_sched_setscheduler, 0, SCHED_OTHER | RESET_ON_FORK, &none));
}

static void verify_reset_on_fork(void)
{
	HOLDS(syscall(SYS_sched_getscheduler, 0) == (SCHED_OTHER | RESET_ON_FORK));
}

static void prepare_small_pages(void)
{
	HOLDS(!prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
}

static void verify_small_pages(void)
{
	HOLDS(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1);
}

static void prepare_early_kill(void)
{
	HOLDS(!prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
}

static void verify_early_kill(void)
{
	HOLDS(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_EARLY);
}

static void prepare_io_flusher(void)
{
	HOLDS(!prctl(IO_FLUSHER_SET, 1, 0, 0, 0));
}

static void verify_io_flusher(void)
{
	HOLDS(prctl(IO_FLUSHER_GET, 0, 0, 0, 0) == 1);
}

static void prepare_barrier(void)
{
	HOLDS(!syscall(SYS_membarrier, BARRIER_REGISTER, 0));
}

static void verify_barrier(void)
{
	HOLDS(!syscall(SYS_membarrier, BARRIER_PRIVATE, 0));
}

/* What rt_sigqueueinfo() takes is more than what libraries have a name for. */
static siginfo_t sent;

static void prepare_more_details(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	HOLDS(!sigprocmask(SIG_BLOCK, &set, NULL));
	fill(&sent, sizeof(sent), 7);
	sent.si_signo = SIGRTMIN;
	sent.si_errno = 0;
	sent.si_code = SI_QUEUE;
	sent.si_pid = getpid();
	sent.si_uid = getuid();
	HOLDS(!syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &sent));
}

/* As much as the kernel keeps: 48 bytes, of which 32 follow signal, error and code. */
static void verify_more_details(void)
{
	const size_t behind_ids = 16 + 8, kept = 48;
	siginfo_t got;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	HOLDS(sigwaitinfo(&set, &got) == SIGRTMIN);
	HOLDS(!memcmp((char *)&got + behind_ids, (char *)&sent + behind_ids,
		      kept - behind_ids));
}

#define QUEUED	50

static void prepare_many_queued(void)
{
	union sigval value;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	HOLDS(!sigprocmask(SIG_BLOCK, &set, NULL));
	for (value.sival_int = 0; value.sival_int < QUEUED; value.sival_int++)
		HOLDS(!sigqueue(getpid(), SIGRTMIN + 1, value));
}

static void verify_many_queued(void)
{
	const struct timespec now = { 0 };
	siginfo_t got;
	sigset_t set;
	int i;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	for (i = 0; i < QUEUED; i++) {
		HOLDS(sigtimedwait(&set, &got, &now) == SIGRTMIN + 1);
		HOLDS(got.si_code == SI_QUEUE && got.si_value.sival_int == i);
	}
	HOLDS(sigtimedwait(&set, &got, &now) < 0 && errno == EAGAIN);
}

#define ROOM	(32UL << 20)
static char *room;

/* How many pages of the room are there. */
static size_t count_pages(void)
{
	static unsigned char there[ROOM / 4096];
	size_t i, n = 0;

	HOLDS(!mincore(room, ROOM, there));
	for (i = 0; i < sizeof(there); i++)
		n += there[i] & 1;
	return n;
}

static void prepare_lock_on_fault(void)
{
	const struct rlimit enough = { 2 * ROOM, 2 * ROOM };

	HOLDS(!setrlimit(RLIMIT_MEMLOCK, &enough));
	room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	HOLDS(room != MAP_FAILED);
	HOLDS(!syscall(SYS_mlock2, room, ROOM, LOCK_ON_FAULT));
	room[5 * 4096] = 5;
	HOLDS(count_pages() == 1);
}

static void verify_lock_on_fault(void)
{
	char line[256];
	long locked = -1;
	FILE *status;

	HOLDS(room[5 * 4096] == 5);
	HOLDS(count_pages() == 1);
	status = fopen("/proc/self/status", "r");
	HOLDS(status != NULL);
	while (fgets(line, sizeof(line), status))
		sscanf(line, "VmLck: %ld", &locked);
	fclose(status);
	HOLDS(locked == (long)(ROOM >> 10));
}

static int ends[2];

static void prepare_packets(void)
{
	HOLDS(!pipe2(ends, O_DIRECT));
}

/* Two writes are two reads, though there is room for both. */
static void verify_packets(void)
{
	char got[16];

	HOLDS(fcntl(ends[1], F_GETFL) & O_DIRECT);
	HOLDS(write(ends[1], "one", 3) == 3 && write(ends[1], "three", 5) == 5);
	HOLDS(read(ends[0], got, sizeof(got)) == 3 && !memcmp(got, "one", 3));
	HOLDS(read(ends[0], got, sizeof(got)) == 5 && !memcmp(got, "three", 5));
}

const struct workload workloads_habits[] = {
	{ "reset-on-fork", "children are to be scheduled as anybody", prepare_reset_on_fork,
	  NULL, verify_reset_on_fork, false },
	{ "small-pages", "no huge pages", prepare_small_pages, NULL, verify_small_pages,
	  false },
	{ "early-kill", "to be killed early when memory fails", prepare_early_kill, NULL,
	  verify_early_kill, false },
	{ "io-flusher", "what frees memory itself", prepare_io_flusher, NULL,
	  verify_io_flusher, false },
	{ "barrier", "registered for membarrier()", prepare_barrier, NULL, verify_barrier,
	  false },
	{ "more-details", "a signal with all details there can be", prepare_more_details,
	  NULL, verify_more_details, false },
	{ "many-queued", "real-time signals, many of a kind", prepare_many_queued, NULL,
	  verify_many_queued, false },
	{ "lock-on-fault", "memory that is locked when it is touched",
	  prepare_lock_on_fault, NULL, verify_lock_on_fault, false },
	{ "packets", "a pipe of packets, with none in it", prepare_packets, NULL,
	  verify_packets, false },
	{ .name = NULL },
};
