// SPDX-License-Identifier: GPL-2.0
/*
 * Workloads whose state is System V IPC, or names. All but one have a namespace
 * of their own, so that everything in there comes back with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
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
#define KEY	0x1ab

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static unsigned char *first, *second, *removed, *again;
static struct shmid_ds segment;
static struct msqid_ds queue;
static struct semid_ds set;
static int first_id, second_id, loose_id, queue_id, empty_id, set_id, other_id;

static void own_namespace(void)
{
	HOLDS(!unshare(CLONE_NEWIPC));
}

static unsigned char *attach(int id, int flags)
{
	unsigned char *memory = shmat(id, NULL, flags);

	HOLDS(memory != (void *)-1);
	return memory;
}

/* The next ids are none that a new namespace would give. */
static void use_up_ids(void)
{
	int i, id[3];

	for (i = 0; i < 3; i++)
		HOLDS((id[i] = shmget(IPC_PRIVATE, PAGE, 0600)) >= 0);
	for (i = 0; i < 3; i++)
		HOLDS(!shmctl(id[i], IPC_RMID, NULL));
	for (i = 0; i < 3; i++)
		HOLDS((id[i] = msgget(IPC_PRIVATE, 0600)) >= 0);
	for (i = 0; i < 2; i++)
		HOLDS(!msgctl(id[i], IPC_RMID, NULL));
	for (i = 0; i < 3; i++)
		HOLDS((id[i] = semget(IPC_PRIVATE, 1, 0600)) >= 0);
	for (i = 0; i < 2; i++)
		HOLDS(!semctl(id[i], 0, IPC_RMID));
}

static int share_segments(void *unused)
{
	(void)unused;
	await_end();
	HOLDS(filled(first, 3 * PAGE, 10));
	fill(first + PAGE, PAGE, 11);
	HOLDS(filled(removed, PAGE, 30));
	fill(removed, PAGE, 31);
	return 6;
}

/*
 * One segment attached twice, one not at all, one removed but attached, and a
 * child that has them from its parent.
 */
static void prepare_shm(void)
{
	int id;

	own_namespace();
	use_up_ids();
	HOLDS((first_id = shmget(KEY, 5 * PAGE, IPC_CREAT | 0640)) >= 0);
	HOLDS((loose_id = shmget(KEY + 1, 2 * PAGE, IPC_CREAT | 0600)) >= 0);
	HOLDS((id = shmget(IPC_PRIVATE, 3 * PAGE, 0600)) >= 0);
	first = attach(first_id, 0);
	second = attach(first_id, SHM_RDONLY);
	removed = attach(id, 0);
	again = attach(loose_id, 0);
	fill(first, 3 * PAGE, 10);
	fill(again, 2 * PAGE, 20);
	fill(removed, 3 * PAGE, 30);
	HOLDS(!shmdt(again));
	HOLDS(!shmctl(id, IPC_RMID, NULL));
	second_id = id;
	HOLDS(!shmctl(first_id, IPC_STAT, &segment));
	segment.shm_perm.uid = 1000;
	segment.shm_perm.gid = 1001;
	segment.shm_perm.mode = 0604;
	HOLDS(!shmctl(first_id, IPC_SET, &segment));
	/* Part of an attach, with other rights. */
	HOLDS(!mprotect(first + 4 * PAGE, PAGE, PROT_READ));
	child(share_segments, NULL);
	HOLDS(!shmctl(first_id, IPC_STAT, &segment));
}

static void verify_shm(void)
{
	struct shmid_ds now;

	HOLDS(!shmctl(first_id, IPC_STAT, &now));
	HOLDS(now.shm_perm.uid == 1000 && now.shm_perm.gid == 1001);
	HOLDS(now.shm_perm.cuid == 0 && now.shm_perm.cgid == 0);
	HOLDS((now.shm_perm.mode & 0777) == 0604);
	HOLDS(now.shm_segsz == 5 * PAGE);
	HOLDS(now.shm_ctime == segment.shm_ctime);
	HOLDS(now.shm_cpid == segment.shm_cpid);
	reap(6);
	HOLDS(!shmctl(first_id, IPC_STAT, &now));
	/* Two here, of which one is in two parts. */
	HOLDS(now.shm_nattch == 3);
	HOLDS(filled(first, PAGE, 10) && filled(first + PAGE, PAGE, 11));
	HOLDS(filled(second, PAGE, 10) && filled(second + PAGE, PAGE, 11));
	HOLDS(filled(removed, PAGE, 31));
	HOLDS(filled(removed + PAGE, 2 * PAGE, 30 + PAGE));
	HOLDS(shmget(KEY, 0, 0) == first_id);
	HOLDS(shmget(KEY + 1, 0, 0) == loose_id);
	again = attach(loose_id, 0);
	HOLDS(filled(again, 2 * PAGE, 20));
	HOLDS(!shmctl(loose_id, IPC_STAT, &now));
	HOLDS(now.shm_nattch == 1);
	/* It goes with its last attach. */
	HOLDS(!shmctl(second_id, IPC_STAT, &now));
	HOLDS(now.shm_nattch == 1);
	HOLDS(!shmdt(removed));
	HOLDS(shmctl(second_id, IPC_STAT, &now) < 0);
	HOLDS(!shmdt(first) && !shmdt(second));
}

struct message {
	long type;
	unsigned char text[8192];
};

static const struct {
	long type;
	size_t length;
} sent[] = {
	{ 3, 0 }, { 1, 1 }, { 2, 5000 }, { 1, 8192 }, { 9, 17 },
};

#define NR_SENT	(sizeof(sent) / sizeof(sent[0]))

static void send_message(int id, long type, size_t length, size_t seed)
{
	static struct message message;

	message.type = type;
	fill(message.text, length, seed);
	HOLDS(!msgsnd(id, &message, length, IPC_NOWAIT));
}

static void expect_message(int id, long wanted, size_t n)
{
	static struct message message;

	HOLDS(msgrcv(id, &message, sizeof(message.text), wanted, IPC_NOWAIT) ==
	      (ssize_t)sent[n].length);
	HOLDS(message.type == sent[n].type);
	HOLDS(filled(message.text, sent[n].length, 100 + n));
}

static void prepare_msg(void)
{
	size_t i;

	own_namespace();
	use_up_ids();
	HOLDS((queue_id = msgget(KEY, IPC_CREAT | 0620)) >= 0);
	HOLDS((empty_id = msgget(IPC_PRIVATE, 0600)) >= 0);
	for (i = 0; i < NR_SENT; i++)
		send_message(queue_id, sent[i].type, sent[i].length, 100 + i);
	HOLDS(!msgctl(queue_id, IPC_STAT, &queue));
	queue.msg_perm.uid = 1000;
	queue.msg_perm.gid = 1001;
	/* Less than what is in there. */
	queue.msg_qbytes = 10000;
	HOLDS(!msgctl(queue_id, IPC_SET, &queue));
	HOLDS(!msgctl(queue_id, IPC_STAT, &queue));
}

static void verify_msg(void)
{
	struct msqid_ds now;
	struct message none;

	HOLDS(msgget(KEY, 0) == queue_id);
	HOLDS(!msgctl(queue_id, IPC_STAT, &now));
	HOLDS(now.msg_perm.uid == 1000 && now.msg_perm.gid == 1001);
	HOLDS(now.msg_perm.cuid == 0 && now.msg_perm.cgid == 0);
	HOLDS((now.msg_perm.mode & 0777) == 0620);
	HOLDS(now.msg_qbytes == 10000 && now.msg_qnum == NR_SENT);
	HOLDS(now.msg_stime == queue.msg_stime && now.msg_rtime == 0);
	HOLDS(now.msg_lspid == queue.msg_lspid && now.msg_lrpid == 0);
	errno = 0;
	HOLDS(msgsnd(queue_id, &(struct message){ .type = 1 }, 1, IPC_NOWAIT) < 0);
	HOLDS(errno == EAGAIN);
	expect_message(queue_id, 9, 4);
	expect_message(queue_id, 1, 1);
	expect_message(queue_id, 0, 0);
	expect_message(queue_id, -2, 3);
	expect_message(queue_id, 0, 2);
	HOLDS(msgrcv(queue_id, &none, sizeof(none.text), 0, IPC_NOWAIT) < 0);
	HOLDS(msgrcv(empty_id, &none, sizeof(none.text), 0, IPC_NOWAIT) < 0);
	send_message(empty_id, 3, 0, 100);
	expect_message(empty_id, 0, 0);
}

static int receive(void *unused)
{
	static struct message message;
	ssize_t got;

	(void)unused;
	settle();
	do
		got = msgrcv(queue_id, &message, sizeof(message.text), 7, 0);
	while (got < 0 && errno == EINTR);
	HOLDS(got == 300 && filled(message.text, 300, 70));
	return 7;
}

/* A child waits for a message that is sent only afterwards. */
static void prepare_msg_wait(void)
{
	own_namespace();
	HOLDS((queue_id = msgget(IPC_PRIVATE, 0600)) >= 0);
	child(receive, NULL);
}

static void verify_msg_wait(void)
{
	send_message(queue_id, 7, 300, 70);
	reap(7);
}

static int operate(int id, unsigned short which, short by, short flags)
{
	struct sembuf operation = { which, by, flags };
	int result;

	do
		result = semop(id, &operation, 1);
	while (result < 0 && errno == EINTR);
	return result;
}

static int value(int id, int which)
{
	return semctl(id, which, GETVAL);
}

static int wait_for_semaphore(void *unused)
{
	(void)unused;
	settle();
	HOLDS(!operate(set_id, 2, -5, 0));
	return 8;
}

static void prepare_sem(void)
{
	unsigned short values[] = { 0, 1, 2, 32767, 7 };

	own_namespace();
	use_up_ids();
	HOLDS((set_id = semget(KEY, 5, IPC_CREAT | 0660)) >= 0);
	HOLDS((other_id = semget(IPC_PRIVATE, 200, 0600)) >= 0);
	HOLDS(!semctl(set_id, 0, SETALL, (union semun){ .array = values }));
	HOLDS(!operate(set_id, 4, -3, 0));
	HOLDS(!semctl(other_id, 150, SETVAL, (union semun){ .val = 77 }));
	HOLDS(!semctl(set_id, 0, IPC_STAT, (union semun){ .buf = &set }));
	set.sem_perm.uid = 1000;
	set.sem_perm.gid = 1001;
	set.sem_perm.mode = 0606;
	HOLDS(!semctl(set_id, 0, IPC_SET, (union semun){ .buf = &set }));
	HOLDS(!semctl(set_id, 0, IPC_STAT, (union semun){ .buf = &set }));
	child(wait_for_semaphore, NULL);
}

static void verify_sem(void)
{
	struct semid_ds now;

	HOLDS(semget(KEY, 0, 0) == set_id);
	HOLDS(!semctl(set_id, 0, IPC_STAT, (union semun){ .buf = &now }));
	HOLDS(now.sem_perm.uid == 1000 && now.sem_perm.gid == 1001);
	HOLDS((now.sem_perm.mode & 0777) == 0606);
	HOLDS(now.sem_nsems == 5);
	HOLDS(now.sem_otime == set.sem_otime && now.sem_ctime == set.sem_ctime);
	HOLDS(value(set_id, 0) == 0 && value(set_id, 1) == 1);
	HOLDS(value(set_id, 2) == 2 && value(set_id, 3) == 32767);
	HOLDS(value(set_id, 4) == 4 && semctl(set_id, 4, GETPID) > 0);
	HOLDS(value(other_id, 150) == 77 && value(other_id, 149) == 0);
	HOLDS(semctl(other_id, 199, GETPID) == 0);
	HOLDS(!operate(set_id, 2, 4, 0));
	reap(8);
	HOLDS(value(set_id, 2) == 1);
}

static int hold_one(void *unused)
{
	(void)unused;
	HOLDS(!operate(set_id, 0, -1, SEM_UNDO));
	HOLDS(!operate(other_id, 1, 3, SEM_UNDO));
	await_end();
	return 9;
}

/* Has the parent's list of what is to be undone, and adds to it. */
static int hold_with_parent(void *unused)
{
	(void)unused;
	HOLDS(!operate(set_id, 1, -2, SEM_UNDO));
	await_end();
	_exit(10);
}

static char stack[64 * 1024] __attribute__((aligned(16)));

/*
 * A child and its parent hold semaphores; another child shares what is to be
 * undone with its parent.
 */
static void prepare_undo(void)
{
	unsigned short values[] = { 5, 5, 5 };

	own_namespace();
	use_up_ids();
	HOLDS((set_id = semget(IPC_PRIVATE, 3, 0600)) >= 0);
	HOLDS((other_id = semget(IPC_PRIVATE, 2, 0600)) >= 0);
	HOLDS(!semctl(set_id, 0, SETALL, (union semun){ .array = values }));
	HOLDS(!operate(set_id, 2, -4, SEM_UNDO));
	HOLDS(clone(hold_with_parent, stack + sizeof(stack),
		    CLONE_SYSVSEM | SIGCHLD, NULL) > 0);
	while (value(set_id, 1) != 3)
		sched_yield();
	child(hold_one, NULL);
}

static void verify_undo(void)
{
	reap(9);
	reap(10);
	/* What the child held is free again, what the others hold is not. */
	HOLDS(value(set_id, 0) == 5 && value(other_id, 1) == 0);
	HOLDS(value(set_id, 1) == 3 && value(set_id, 2) == 1);
	HOLDS(!operate(set_id, 1, 2, SEM_UNDO));
	HOLDS(!operate(set_id, 2, 4, SEM_UNDO));
}

static unsigned long limit(const char *name, unsigned long wanted)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	fd = open(path, O_RDWR);
	HOLDS(fd >= 0);
	if (wanted) {
		snprintf(text, sizeof(text), "%lu\n", wanted);
		HOLDS(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
		HOLDS(!lseek(fd, 0, SEEK_SET));
	}
	HOLDS(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtoul(text, NULL, 10);
}

/* A segment and a message that the usual limits don't allow. */
static void prepare_limits(void)
{
	own_namespace();
	limit("shmmax", 48UL << 20);
	limit("msgmax", 12345);
	limit("msgmnb", 23456);
	HOLDS((first_id = shmget(KEY, 40UL << 20, IPC_CREAT | 0600)) >= 0);
	first = attach(first_id, 0);
	fill(first + (39UL << 20), PAGE, 1);
	HOLDS((queue_id = msgget(KEY, IPC_CREAT | 0600)) >= 0);
}

static void verify_limits(void)
{
	struct msqid_ds now;

	HOLDS(limit("shmmax", 0) == 48UL << 20);
	HOLDS(limit("msgmax", 0) == 12345);
	HOLDS(limit("msgmnb", 0) == 23456);
	HOLDS(filled(first + (39UL << 20), PAGE, 1));
	HOLDS(first[20UL << 20] == 0);
	HOLDS(!msgctl(queue_id, IPC_STAT, &now));
	HOLDS(now.msg_qbytes == 23456);
}

/* A segment of everybody's namespace: it is there still, and is attached again. */
static void prepare_outside(void)
{
	HOLDS((first_id = shmget(IPC_PRIVATE, 2 * PAGE, 0600)) >= 0);
	first = attach(first_id, 0);
	fill(first, 2 * PAGE, 40);
}

static void verify_outside(void)
{
	struct shmid_ds now;

	HOLDS(filled(first, 2 * PAGE, 40));
	HOLDS(!shmctl(first_id, IPC_STAT, &now));
	HOLDS(now.shm_nattch == 1);
	HOLDS(!shmctl(first_id, IPC_RMID, NULL));
}

/* The same of semaphores: what is to be undone there can't be saved. */
static void prepare_undo_outside(void)
{
	HOLDS((set_id = semget(IPC_PRIVATE, 1, 0600)) >= 0);
	HOLDS(!operate(set_id, 0, 3, SEM_UNDO));
}

static void verify_undo_outside(void)
{
	HOLDS(value(set_id, 0) == 3);
	HOLDS(!semctl(set_id, 0, IPC_RMID));
}

static char host[65], domain[65];

static void names(void)
{
	HOLDS(!gethostname(host, sizeof(host)));
	HOLDS(!getdomainname(domain, sizeof(domain)));
}

static int know_names(void *unused)
{
	(void)unused;
	await_end();
	names();
	HOLDS(!strcmp(host, "elsewhere") && !strcmp(domain, "far.away"));
	HOLDS(!sethostname("changed", 7));
	return 11;
}

/* A name of its own for the machine, which a child shares. */
static void prepare_names(void)
{
	HOLDS(!unshare(CLONE_NEWUTS));
	HOLDS(!sethostname("elsewhere", 9) && !setdomainname("far.away", 8));
	child(know_names, NULL);
}

static void verify_names(void)
{
	reap(11);
	names();
	HOLDS(!strcmp(host, "changed") && !strcmp(domain, "far.away"));
}

const struct workload workloads_ipc[] = {
	{ "ipc-shm", "segments, attached or not, with a child", prepare_shm, NULL,
	  verify_shm, false },
	{ "ipc-msg", "messages in a queue", prepare_msg, NULL, verify_msg, false },
	{ "ipc-msg-wait", "waiting for a message", prepare_msg_wait, NULL,
	  verify_msg_wait, false },
	{ "ipc-sem", "semaphores, and waiting for one", prepare_sem, NULL,
	  verify_sem, false },
	{ "ipc-undo", "semaphores that tasks hold", prepare_undo, NULL,
	  verify_undo, false },
	{ "ipc-limits", "limits of an IPC namespace", prepare_limits, NULL,
	  verify_limits, false },
	{ "names", "host and domain name of its own", prepare_names, NULL,
	  verify_names, false },
	{ "ipc-outside", "a segment of everybody's", prepare_outside, NULL,
	  verify_outside, false },
	{ "undo-outside", "something to undo to everybody's semaphore",
	  prepare_undo_outside, NULL, verify_undo_outside, false },
	{ .name = NULL },
};
