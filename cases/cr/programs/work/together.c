// SPDX-License-Identifier: GPL-2.0
/*
 * A bit of everything in one tree, for failures half-way: whatever they hit is
 * in there. While it waits it allocates nothing that it could not do without.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

#define PAGE	4096UL

static unsigned char *shared, *segment, *private;
static int ends[2], queue, set, file;
static pthread_t thread;
static volatile int thread_may_go;

struct message {
	long type;
	char text[64];
};

static int operate(short by)
{
	struct sembuf operation = { 0, by, SEM_UNDO };

	return semop(set, &operation, 1);
}

static int change_all(void *unused)
{
	struct message message = { .type = 0 };
	char bytes[8];

	(void)unused;
	await_end();
	HOLDS(filled(shared, PAGE, 1) && filled(segment, PAGE, 2));
	fill(shared + PAGE, PAGE, 3);
	fill(segment + PAGE, PAGE, 4);
	HOLDS(msgrcv(queue, &message, sizeof(message.text), 0, IPC_NOWAIT) == 6);
	HOLDS(!strcmp(message.text, "first"));
	HOLDS(read(ends[0], bytes, 4) == 4 && !memcmp(bytes, "pipe", 4));
	HOLDS(!operate(-1));
	HOLDS(read(file, bytes, 2) == 2 && !memcmp(bytes, "ef", 2));
	return 5;
}

static int have_child(void *unused)
{
	(void)unused;
	child(change_all, NULL);
	reap(5);
	return 6;
}

static int end_now(void *unused)
{
	(void)unused;
	return 7;
}

static void *wait_in_thread(void *unused)
{
	(void)unused;
	while (!thread_may_go)
		usleep(2000);
	return shared;
}

static void nothing(int number)
{
	(void)number;
}

static void prepare_together(void)
{
	struct message message = { .type = 1, .text = "first" };
	struct sigaction action = { .sa_handler = nothing };
	sigset_t blocked;
	siginfo_t info;
	pid_t zombie;

	HOLDS(!unshare(CLONE_NEWIPC | CLONE_NEWUTS));
	shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	private = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	HOLDS(shared != MAP_FAILED && private != MAP_FAILED);
	segment = shmat(shmget(IPC_PRIVATE, 4 * PAGE, 0600), NULL, 0);
	HOLDS(segment != (void *)-1);
	HOLDS((queue = msgget(IPC_PRIVATE, 0600)) >= 0);
	HOLDS((set = semget(IPC_PRIVATE, 1, 0600)) >= 0);
	fill(shared, PAGE, 1);
	fill(segment, PAGE, 2);
	fill(private, 4 * PAGE, 8);
	HOLDS(!msgsnd(queue, &message, 6, 0));
	HOLDS(!operate(2));
	HOLDS(!pipe(ends) && write(ends[1], "pipe", 4) == 4);
	file = open(own("file"), O_RDWR | O_CREAT, 0600);
	HOLDS(write(file, "abcdefgh", 8) == 8 && lseek(file, 4, SEEK_SET) == 4);
	HOLDS(!sigaction(SIGUSR1, &action, NULL));
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	HOLDS(!sigprocmask(SIG_BLOCK, &blocked, NULL));
	HOLDS(!sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 9 }));

	zombie = child(end_now, NULL);
	HOLDS(!waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT));
	child(have_child, NULL);
	HOLDS(!pthread_create(&thread, NULL, wait_in_thread, NULL));
}

static void verify_together(void)
{
	struct msqid_ds now;
	sigset_t pending;
	void *result;

	thread_may_go = 1;
	HOLDS(!pthread_join(thread, &result) && result == shared);
	reap(7);
	reap(6);
	HOLDS(filled(shared, PAGE, 1) && filled(shared + PAGE, PAGE, 3));
	HOLDS(filled(segment, PAGE, 2) && filled(segment + PAGE, PAGE, 4));
	HOLDS(filled(private, 4 * PAGE, 8));
	HOLDS(!msgctl(queue, IPC_STAT, &now) && now.msg_qnum == 0);
	/* What the grandchild took is undone, what the root gave is not yet. */
	HOLDS(semctl(set, 0, GETVAL) == 2);
	HOLDS(lseek(file, 0, SEEK_CUR) == 6);
	HOLDS(!sigpending(&pending) && sigismember(&pending, SIGUSR1));
}

const struct workload workloads_together[] = {
	{ "together", "a tree with a bit of everything", prepare_together, NULL,
	  verify_together, false },
	{ .name = NULL },
};
