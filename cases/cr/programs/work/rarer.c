// SPDX-License-Identifier: GPL-2.0
/* Workloads whose state is of a kind that few programs have. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

#define PAGE	4096UL

#ifndef __WNOTHREAD
#define __WNOTHREAD	0x20000000
#endif

static void block(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	HOLDS(!sigprocmask(SIG_BLOCK, &set, NULL));
}

/* Takes a signal that is pending. */
static siginfo_t take(int number)
{
	static const struct timespec now = { 0 };
	siginfo_t info;
	sigset_t set;

	/* Old kernels fill in no more than there is. */
	memset(&info, 0, sizeof(info));
	sigemptyset(&set);
	sigaddset(&set, number);
	HOLDS(sigtimedwait(&set, &info, &now) == number);
	return info;
}

static pid_t ended;

static int end_now(void *status)
{
	return (int)(long)status;
}

/* A signal that tells of a child which has ended. */
static void prepare_child_signal(void)
{
	siginfo_t info;

	block(SIGCHLD);
	ended = child(end_now, (void *)7L);
	HOLDS(!waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT));
}

static void verify_child_signal(void)
{
	siginfo_t info = take(SIGCHLD);

	HOLDS(info.si_code == CLD_EXITED && info.si_status == 7);
	HOLDS(info.si_pid == ended && info.si_uid == getuid());
	reap(7);
}

static int ends[2];

/* A signal that tells of something to read. */
static void prepare_io_signal(void)
{
	const int number = SIGRTMIN + 2;

	block(number);
	HOLDS(!pipe(ends));
	HOLDS(!fcntl(ends[0], F_SETOWN, getpid()));
	HOLDS(!fcntl(ends[0], F_SETSIG, number));
	HOLDS(!fcntl(ends[0], F_SETFL, O_ASYNC));
	HOLDS(write(ends[1], "x", 1) == 1);
	HOLDS(!fcntl(ends[0], F_SETFL, 0));
	HOLDS(!fcntl(ends[0], F_SETSIG, 0) && !fcntl(ends[0], F_SETOWN, 0));
}

static void verify_io_signal(void)
{
	siginfo_t info = take(SIGRTMIN + 2);

	HOLDS(info.si_code == POLL_IN && info.si_fd == ends[0]);
	HOLDS(info.si_band == (POLLIN | POLLRDNORM));
}

/* A signal that tells of mail in a queue that is gone since. */
static void prepare_mail_signal(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN + 3,
		.sigev_value.sival_int = 4711,
	};
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	char name[32];
	mqd_t box;

	block(SIGRTMIN + 3);
	snprintf(name, sizeof(name), "/mail-%d", getpid());
	box = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	HOLDS(box >= 0);
	HOLDS(!mq_notify(box, &event));
	HOLDS(!mq_send(box, "x", 1, 0));
	HOLDS(!mq_close(box) && !mq_unlink(name));
}

static void verify_mail_signal(void)
{
	siginfo_t info = take(SIGRTMIN + 3);

	HOLDS(info.si_code == SI_MESGQ && info.si_value.sival_int == 4711);
	HOLDS(info.si_pid == getpid() && info.si_uid == getuid());
}

static char nowhere[PAGE];

/* What faults tell beside the address, by its place among their details. */
static const struct fault {
	int number, code;
	size_t offset, length;
} faults[] = {
	{ SIGSEGV, SEGV_ACCERR, 16, 0 },
	/* Kernels of 2.6 tell no more. */
	{ SIGBUS, 5 /* BUS_MCEERR_AO */, 24, 2 },
	{ SIGSEGV, 3 /* SEGV_BNDERR */, 32, 16 },
	{ SIGSEGV, 4 /* SEGV_PKUERR */, 32, 4 },
	{ SIGTRAP, 6 /* TRAP_PERF */, 24, 16 },
	{ SIGSYS, 1 /* SYS_SECCOMP */, 24, 8 },
};

static bool is_old(void)
{
	struct utsname name;

	HOLDS(!uname(&name));
	return !strncmp(name.release, "2.6.", 4);
}

static size_t nr_faults(void)
{
	return is_old() ? 1 : sizeof(faults) / sizeof(faults[0]);
}

static siginfo_t details_of(const struct fault *fault)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = fault->number;
	info.si_code = fault->code;
	info.si_addr = nowhere;
	fill((char *)&info + fault->offset, fault->length, 9);
	return info;
}

/* Its tracer has made it a fault out of another signal, which is blocked. */
static int have_fault(void *number)
{
	const struct fault *fault = &faults[(long)number];
	siginfo_t info, expected = details_of(fault);

	block(fault->number);
	HOLDS(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGUSR1);
	await_end();
	info = take(fault->number);
	HOLDS(info.si_code == fault->code);
	HOLDS(!memcmp((char *)&info + 16, (char *)&expected + 16, 32));
	return 8;
}

static void prepare_fault_signal(void)
{
	siginfo_t info;
	size_t i;
	int status;
	pid_t pid;

	for (i = 0; i < nr_faults(); i++) {
		pid = child(have_fault, (void *)(long)i);
		HOLDS(waitpid(pid, &status, 0) == pid);
		HOLDS(WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1);
		info = details_of(&faults[i]);
		/* Kernels before 4.16 took it as they keep it, with its kind above. */
		if (is_old())
			info.si_code |= 3 << 16;
		HOLDS(!ptrace(PTRACE_SETSIGINFO, pid, NULL, &info));
		HOLDS(!ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)faults[i].number));
	}
}

static void verify_fault_signal(void)
{
	size_t i;

	for (i = 0; i < nr_faults(); i++)
		reap(8);
}

static pthread_t mother;
static atomic_bool born, may_reap;

/* Nobody but this thread can wait for its child with __WNOTHREAD. */
static void *bear(void *unused)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	siginfo_t info;
	int status;
	pid_t pid;

	(void)unused;
	pid = fork();
	HOLDS(pid >= 0);
	if (!pid)
		_exit(9);
	HOLDS(!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	atomic_store(&born, true);
	while (!atomic_load(&may_reap))
		nanosleep(&pause, NULL);
	HOLDS(waitpid(-1, &status, __WNOTHREAD) > 0);
	HOLDS(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	return NULL;
}

static void prepare_thread_zombie(void)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };

	HOLDS(!pthread_create(&mother, NULL, bear, NULL));
	while (!atomic_load(&born))
		nanosleep(&pause, NULL);
}

static void verify_thread_zombie(void)
{
	HOLDS(waitpid(-1, NULL, __WNOTHREAD | WNOHANG) < 0 && errno == ECHILD);
	atomic_store(&may_reap, true);
	HOLDS(!pthread_join(mother, NULL));
}

#define SHARED_PAGES	600

static unsigned char *area;

/* More pages than are written at once. */
static void prepare_shared_large(void)
{
	area = mmap(NULL, SHARED_PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	HOLDS(area != MAP_FAILED);
	fill(area, SHARED_PAGES * PAGE, 40);
}

static void verify_shared_large(void)
{
	HOLDS(filled(area, SHARED_PAGES * PAGE, 40));
}

#define LETTERS	40
#define LENGTH	8192

static struct letter {
	long type;
	unsigned char text[LENGTH];
} letter;
static int queue;

/* More than is copied in one go: others may have the queue in between. */
static void prepare_large_queue(void)
{
	static const char more[] = "1000000\n";
	int i, limit;

	HOLDS(!unshare(CLONE_NEWIPC));
	limit = open("/proc/sys/kernel/msgmnb", O_WRONLY);
	HOLDS(write(limit, more, strlen(more)) == (ssize_t)strlen(more));
	HOLDS(!close(limit));
	HOLDS((queue = msgget(IPC_PRIVATE, 0600)) >= 0);
	for (i = 0; i < LETTERS; i++) {
		letter.type = 1 + i;
		fill(letter.text, LENGTH, 50 + i);
		HOLDS(!msgsnd(queue, &letter, LENGTH, IPC_NOWAIT));
	}
}

static void verify_large_queue(void)
{
	int i;

	for (i = 0; i < LETTERS; i++) {
		HOLDS(msgrcv(queue, &letter, LENGTH, 0, IPC_NOWAIT) == LENGTH);
		HOLDS(letter.type == 1 + i);
		HOLDS(filled(letter.text, LENGTH, 50 + i));
	}
	HOLDS(msgrcv(queue, &letter, LENGTH, 0, IPC_NOWAIT) < 0);
}

static unsigned char *segment;
static int set;
static sigset_t queued;

/* One task with something of each kind of IPC, and a signal. */
static void prepare_alone(void)
{
	struct sembuf down = { .sem_num = 1, .sem_op = -3, .sem_flg = SEM_UNDO };
	const union sigval value = { .sival_int = 41 };
	int id;

	HOLDS(!unshare(CLONE_NEWIPC));
	HOLDS((id = shmget(IPC_PRIVATE, PAGE, 0600)) >= 0);
	segment = shmat(id, NULL, 0);
	HOLDS(segment != (void *)-1);
	fill(segment, PAGE, 3);
	HOLDS((queue = msgget(IPC_PRIVATE, 0600)) >= 0);
	letter.type = 5;
	fill(letter.text, LENGTH, 6);
	HOLDS(!msgsnd(queue, &letter, LENGTH, IPC_NOWAIT));
	HOLDS((set = semget(IPC_PRIVATE, 2, 0600)) >= 0);
	HOLDS(!semctl(set, 1, SETVAL, 4) && !semop(set, &down, 1));
	HOLDS(!pipe(ends) && write(ends[1], "alone", 5) == 5);
	sigemptyset(&queued);
	sigaddset(&queued, SIGRTMIN);
	HOLDS(!sigprocmask(SIG_BLOCK, &queued, NULL));
	HOLDS(!sigqueue(getpid(), SIGRTMIN, value));
}

static void verify_alone(void)
{
	const struct timespec now = { 0 };
	siginfo_t info;
	char got[8];

	HOLDS(sigtimedwait(&queued, &info, &now) == SIGRTMIN);
	HOLDS(info.si_code == SI_QUEUE && info.si_value.sival_int == 41);
	HOLDS(filled(segment, PAGE, 3));
	HOLDS(msgrcv(queue, &letter, LENGTH, 0, IPC_NOWAIT) == LENGTH);
	HOLDS(letter.type == 5 && filled(letter.text, LENGTH, 6));
	HOLDS(semctl(set, 1, GETVAL) == 1);
	HOLDS(read(ends[0], got, sizeof(got)) == 5 && !memcmp(got, "alone", 5));
}

const struct workload workloads_rarer[] = {
	{ "child-signal", "a signal of a child that has ended", prepare_child_signal,
	  NULL, verify_child_signal, false },
	{ "io-signal", "a signal of something to read", prepare_io_signal, NULL,
	  verify_io_signal, false },
	{ "mail-signal", "a signal of a message queue", prepare_mail_signal, NULL,
	  verify_mail_signal, false },
	{ "fault-signal", "children with faults that are blocked",
	  prepare_fault_signal, NULL, verify_fault_signal, false },
	{ "thread-zombie", "a thread with a child that has ended",
	  prepare_thread_zombie, NULL, verify_thread_zombie, false },
	{ "shared-large", "600 pages of shared memory", prepare_shared_large, NULL,
	  verify_shared_large, false },
	{ "large-queue", "a queue of 320 KiB", prepare_large_queue, NULL,
	  verify_large_queue, false },
	{ "alone", "one task with some IPC of each kind", prepare_alone, NULL,
	  verify_alone, false },
	{ .name = NULL },
};
