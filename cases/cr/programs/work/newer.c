// SPDX-License-Identifier: GPL-2.0
/* Workloads with what kernels have learned since 2.6.30. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "work.h"

/* The system call's, as of Linux 4.18. */
struct rseq_area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t critical_section;
	uint32_t flags, padding[3];
} __attribute__((aligned(32)));

#define RSEQ_SIGNATURE	0x53053053U
#define RSEQ_UNREGISTER	1

static struct rseq_area areas[2];
static pthread_t thread;
static volatile int registered, thread_may_go;

static long rseq(struct rseq_area *area, int flags, uint32_t signature)
{
	return syscall(SYS_rseq, area, sizeof(*area), flags, signature);
}

static void nothing(int number)
{
	(void)number;
}

static bool refused(long result, int error)
{
	return result == -1 && errno == error;
}

/*
 * The kernel knows the area and its signature, and writes there which processor
 * it is: at the latest when the thread handles a signal.
 */
static void check_area(struct rseq_area *area)
{
	sigset_t mask, all;

	area->cpu_id = UINT32_MAX;
	sigfillset(&all);
	/* Pending first, so that it is handled here, in this thread. */
	HOLDS(!pthread_sigmask(SIG_BLOCK, &all, &mask));
	HOLDS(!syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1));
	HOLDS(!pthread_sigmask(SIG_SETMASK, &mask, NULL));
	HOLDS(area->cpu_id != UINT32_MAX && area->cpu_id == area->cpu_id_start);
	HOLDS(refused(rseq(area, 0, RSEQ_SIGNATURE), EBUSY));
	HOLDS(refused(rseq(area, 0, RSEQ_SIGNATURE + 1), EPERM));
	HOLDS(!rseq(area, RSEQ_UNREGISTER, RSEQ_SIGNATURE));
	HOLDS(!rseq(area, 0, RSEQ_SIGNATURE));
}

static void *register_second(void *unused)
{
	(void)unused;
	HOLDS(!rseq(&areas[1], 0, RSEQ_SIGNATURE));
	registered = 1;
	while (!thread_may_go)
		usleep(2000);
	check_area(&areas[1]);
	return NULL;
}

static void *register_none(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)rseq(&areas[1], 0, RSEQ_SIGNATURE);
}

/* Each thread has an area of its own. */
static void prepare_rseq(void)
{
	struct sigaction action = { .sa_handler = nothing };

	HOLDS(!sigaction(SIGUSR1, &action, NULL));
	HOLDS(!rseq(&areas[0], 0, RSEQ_SIGNATURE));
	HOLDS(!pthread_create(&thread, NULL, register_second, NULL));
	while (!registered)
		usleep(1000);
}

static void verify_rseq(void)
{
	void *result;

	check_area(&areas[0]);
	thread_may_go = 1;
	HOLDS(!pthread_join(thread, NULL));
	/* One made afterwards is asked for its own. */
	HOLDS(!pthread_create(&thread, NULL, register_none, NULL));
	HOLDS(!pthread_join(thread, &result) && !result);
}

#define PIPE_BYTES	(1 << 20)
#define IN_PIPE		300000

static int ends[2];
static unsigned char bytes[PIPE_BYTES];

/* More than any pipe has room for by itself, in pieces that are no pages. */
static void prepare_big_pipe(void)
{
	size_t done, n;

	HOLDS(!pipe(ends));
	HOLDS(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) == PIPE_BYTES);
	fill(bytes, IN_PIPE, 3);
	for (done = 0; done < IN_PIPE; done += n) {
		n = IN_PIPE - done < 7001 ? IN_PIPE - done : 7001;
		HOLDS(write(ends[1], bytes + done, n) == (ssize_t)n);
	}
	memset(bytes, 0, sizeof(bytes));
}

static size_t read_all(size_t most)
{
	size_t done = 0;
	ssize_t n;

	while (done < most) {
		n = read(ends[0], bytes + done, most - done);
		if (n < 0 && errno == EINTR)
			continue;
		HOLDS(n > 0);
		done += (size_t)n;
	}
	return done;
}

static void verify_big_pipe(void)
{
	size_t written = 0;
	int waiting;

	HOLDS(fcntl(ends[0], F_GETPIPE_SZ) == PIPE_BYTES);
	HOLDS(!ioctl(ends[0], FIONREAD, &waiting) && waiting == IN_PIPE);
	HOLDS(read_all(IN_PIPE) == IN_PIPE && filled(bytes, IN_PIPE, 3));
	/* It has room for as much as it says. */
	HOLDS(!fcntl(ends[1], F_SETFL, O_NONBLOCK));
	fill(bytes, PIPE_BYTES, 4);
	while (written < PIPE_BYTES) {
		HOLDS(write(ends[1], bytes + written, 4096) == 4096);
		written += 4096;
	}
	HOLDS(refused(write(ends[1], "x", 1), EAGAIN));
	HOLDS(read_all(PIPE_BYTES) == PIPE_BYTES && filled(bytes, PIPE_BYTES, 4));
}

/* Less than a pipe's room, and more than a page in each of a socket's pieces. */
#define SPLICED	40000

/* What was in a socket is in the pipe by the very pages, several at a time. */
static void prepare_spliced(void)
{
	ssize_t n, done = 0;
	int pair[2];

	HOLDS(!pipe(ends) && !socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	fill(bytes, SPLICED, 5);
	HOLDS(write(pair[1], bytes, SPLICED) == SPLICED);
	memset(bytes, 0, SPLICED);
	for (; done < SPLICED; done += n) {
		n = splice(pair[0], NULL, ends[1], NULL, (size_t)(SPLICED - done), 0);
		HOLDS(n > 0);
	}
	HOLDS(!close(pair[0]) && !close(pair[1]));
}

static void verify_spliced(void)
{
	HOLDS(read_all(SPLICED) == SPLICED && filled(bytes, SPLICED, 5));
}

static char stack[65536];
static volatile uintptr_t where;
static volatile int disarmed;

static void note_stack(int number)
{
	stack_t now;
	char here;

	(void)number;
	where = (uintptr_t)&here;
	disarmed = !sigaltstack(NULL, &now) && (now.ss_flags & SS_DISABLE);
}

static bool on_stack(void)
{
	stack_t now;

	HOLDS(!sigaltstack(NULL, &now));
	return now.ss_sp == stack && now.ss_size == sizeof(stack) &&
	       now.ss_flags == (int)SS_AUTODISARM;
}

/* An alternate stack that a handler takes off as long as it runs. */
static void prepare_disarming(void)
{
	struct sigaction action = { .sa_handler = note_stack, .sa_flags = SA_ONSTACK };
	stack_t alternate = {
		.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = (int)SS_AUTODISARM,
	};

	HOLDS(!sigaltstack(&alternate, NULL));
	HOLDS(!sigaction(SIGUSR1, &action, NULL));
	HOLDS(on_stack());
}

static void verify_disarming(void)
{
	HOLDS(on_stack());
	HOLDS(!kill(getpid(), SIGUSR1));
	HOLDS(where > (uintptr_t)stack && where < (uintptr_t)stack + sizeof(stack));
	HOLDS(disarmed && on_stack());
}

static int orphan(void *unused)
{
	(void)unused;
	await_end();
	return 4;
}

static int leave_orphan(void *unused)
{
	(void)unused;
	child(orphan, NULL);
	await_end();
	return 3;
}

/* What its children leave behind becomes its own, and not init's. */
static void prepare_subreaper(void)
{
	HOLDS(!prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	child(leave_orphan, NULL);
}

static void verify_subreaper(void)
{
	int is_one = 0;

	HOLDS(!prctl(PR_GET_CHILD_SUBREAPER, &is_one, 0, 0, 0) && is_one == 1);
	reap(3);
	reap(4);
}

static void prepare_no_new_privs(void)
{
	HOLDS(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void verify_no_new_privs(void)
{
	HOLDS(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

const struct workload workloads_newer[] = {
	{ "rseq", "threads with restartable sequences", prepare_rseq, NULL, verify_rseq,
	  false },
	{ "big-pipe", "a pipe of a megabyte", prepare_big_pipe, NULL, verify_big_pipe,
	  false },
	{ "spliced", "a pipe with pages of a socket", prepare_spliced, NULL,
	  verify_spliced, false },
	{ "disarming-stack", "an alternate stack, with SS_AUTODISARM", prepare_disarming,
	  NULL, verify_disarming, false },
	{ "subreaper", "orphans that come to the root", prepare_subreaper, NULL,
	  verify_subreaper, false },
	{ "no-new-privs", "no new privileges", prepare_no_new_privs, NULL,
	  verify_no_new_privs, false },
	{ .name = NULL },
};
