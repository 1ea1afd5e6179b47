// SPDX-License-Identifier: GPL-2.0
/* Holds what a checkpoint refuses to save: it has to name it. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "subject.h"

/* musl has no header for it: Linux 5.3's number. */
#define NR_PIDFD_OPEN	434

/* Linux 5.11's, of linux/prctl.h. */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH	59
#define PR_SYS_DISPATCH_ON		1
#endif

static int make_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return signalfd(-1, &set, 0);
}

static int make_file(const char *path)
{
	return open(path, O_RDWR | O_CREAT, 0600);
}

static int make_unlinked(const char *path)
{
	int fd = make_file(path);

	unlink(path);
	return fd;
}

static int make_locked(const char *path)
{
	int fd = make_file(path);

	return fd < 0 || flock(fd, LOCK_EX) < 0 ? -1 : fd;
}

/* Of physical memory, of which nothing is open any more. */
static int map_device(const char *path)
{
	int fd;

	if (mknod(path, S_IFCHR | 0600, makedev(1, 1)) < 0)
		return -1;
	fd = open(path, O_RDONLY);
	if (fd < 0 || mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		return -1;
	return close(fd);
}

static int map_unlinked(const char *path)
{
	int fd = make_unlinked(path);

	if (fd < 0 || ftruncate(fd, 4096) < 0 ||
	    mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return -1;
	return close(fd);
}

/* Whole pages, whether they have 2 MiB or, as on i386, 4. */
#define HUGE	(4UL << 20)

/*
 * Huge pages that are not reserved, and of which none is touched: there need
 * not be any.
 */
static int map_huge(const char *path)
{
	char file[256];
	int fd;

	snprintf(file, sizeof(file), "%s/huge", path);
	if (mkdir(path, 0700) < 0 || mount("huge", path, "hugetlbfs", 0, NULL) < 0)
		return -1;
	fd = open(file, O_RDWR | O_CREAT, 0600);
	/* The mapping keeps it as long as it lasts. */
	if (umount2(path, MNT_DETACH) < 0 || fd < 0 ||
	    mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
		 fd, 0) == MAP_FAILED)
		return -1;
	return close(fd);
}

/* Nobody has it attached, and nobody else is in its namespace. */
static int make_huge_segment(void)
{
	if (unshare(CLONE_NEWIPC) < 0)
		return -1;
	return shmget(IPC_PRIVATE, HUGE, 0600 | SHM_HUGETLB | SHM_NORESERVE);
}

/* Two pages of a file the wrong way round. */
static int map_nonlinear(const char *path)
{
	char *pages;
	int fd = make_file(path);

	if (fd < 0 || ftruncate(fd, 8192) < 0)
		return -1;
	pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED || remap_file_pages(pages, 4096, 0, 1, 0) < 0)
		return -1;
	return close(fd);
}

/* A segment that goes with the task, in a namespace that it has left. */
static int attach_elsewhere(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	if (id < 0 || shmat(id, NULL, 0) == (void *)-1 ||
	    shmctl(id, IPC_RMID, NULL) < 0)
		return -1;
	return unshare(CLONE_NEWIPC);
}

/* In memory, under no name that anybody could open. */
static int make_memfd(void)
{
	return (int)syscall(SYS_memfd_create, "memory", 0);
}

static int map_memfd(void)
{
	int fd = make_memfd();

	if (fd < 0 || ftruncate(fd, 4096) < 0 ||
	    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		return -1;
	return close(fd);
}

static int make_pidfd(void)
{
	return (int)syscall(NR_PIDFD_OPEN, getpid(), 0);
}

static int leave_in_session(void)
{
	/* Who ends the keeper's group does not mean this one any more. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return setsid() < 0 ? -1 : leave_one_outside();
}

static int leave_in_group(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return setpgid(0, 0) < 0 ? -1 : leave_one_outside();
}

static int make_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	return timer_create(CLOCK_MONOTONIC, &event, &timer);
}

static int take_real_time(void)
{
	struct { int priority; } param = { 1 };

	return (int)syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param);
}

/* It stays in a namespace that nobody else is in. */
static int leave_queue(void)
{
	mqd_t queue;

	if (unshare(CLONE_NEWIPC) < 0)
		return -1;
	queue = mq_open("/left", O_RDWR | O_CREAT, 0600, NULL);
	return queue == (mqd_t)-1 ? -1 : mq_close(queue);
}

/* What is nobody's any more is to go at once, in a namespace of its own. */
static int force_removal(void)
{
	int fd;

	if (unshare(CLONE_NEWIPC) < 0)
		return -1;
	fd = open("/proc/sys/kernel/shm_rmid_forced", O_WRONLY);
	return fd < 0 || write(fd, "1", 1) != 1 ? -1 : close(fd);
}

/* The first part of perf_event_open's attributes: the C library has no header for them. */
struct counted { uint32_t type, size; uint64_t config, more[12]; };

/* Counts nothing, in software. */
static int open_counter(void)
{
	struct counted nothing = { 1, sizeof(nothing), 9, { 0 } };

	return (int)syscall(SYS_perf_event_open, &nothing, 0, -1, -1, 0);
}

/* Of more than is copied under a lock, in a namespace of its own. */
static int fill_queue(void)
{
	static struct { long type; char text[8192]; } message = { .type = 1 };
	struct msqid_ds state;
	int id, i;

	if (unshare(CLONE_NEWIPC) < 0)
		return -1;
	id = msgget(IPC_PRIVATE, 0600);
	if (id < 0 || msgctl(id, IPC_STAT, &state) < 0)
		return -1;
	state.msg_qbytes = 40 << 20;
	if (msgctl(id, IPC_SET, &state) < 0)
		return -1;
	for (i = 0; i < (33 << 20) / (int)sizeof(message.text); i++)
		if (msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT) < 0)
			return -1;
	return 0;
}

/* All are let through, as long as the byte is 0. */
static int dispatch_calls(void)
{
	static char selector;

	return prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector);
}

static int set_up_aio(void)
{
	static unsigned long context;

	return (int)syscall(SYS_io_setup, 1, &context);
}

/* What the keeper has open: both sides of a terminal, a FIFO. */
static int master = -1, slave = -1, letters = -1;

static void open_terminal(void)
{
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		fail("making a terminal");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		fail("opening the terminal");
}

/* A FIFO that others may write to, only: PATH is the keeper's. */
static void make_letter_box(const char *path)
{
	int fd;

	if (!path || mkfifo(path, 0600) < 0 || chmod(path, 0622) < 0)
		fail("making a fifo");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || write(fd, "of others", 9) != 9)
		fail("filling the fifo");
	letters = fd;
}

static int open_letter_box(const char *path)
{
	/* Its keeper's is no reader of the target's tree. */
	close(letters);
	return open(path, O_WRONLY);
}

static void in_keeper(char **args)
{
	if (args[0] && !strcmp(args[0], "terminal"))
		open_terminal();
	if (args[0] && !strcmp(args[0], "letter-box"))
		make_letter_box(args[1]);
}

static int take_terminal(void)
{
	/* Who ends the keeper's group does not mean this one any more. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 || close(master) < 0)
		return -1;
	return close(slave);
}

static int make(const char *kind, const char *path)
{
	int pair[2];

	if (!strcmp(kind, "tcp"))
		return socket(AF_INET, SOCK_STREAM, 0);
	if (!strcmp(kind, "pair"))
		return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	if (!strcmp(kind, "epoll"))
		return epoll_create(1);
	if (!strcmp(kind, "signalfd"))
		return make_signalfd();
	if (!strcmp(kind, "timerfd"))
		return timerfd_create(CLOCK_MONOTONIC, 0);
	if (!strcmp(kind, "eventfd"))
		return eventfd(0, 0);
	if (!strcmp(kind, "inotify"))
		return inotify_init();
	if (!strcmp(kind, "pty"))
		return posix_openpt(O_RDWR | O_NOCTTY);
	if (!strcmp(kind, "mqueue"))
		return mq_open("/refused", O_RDWR | O_CREAT, 0600, NULL);
	if (!strcmp(kind, "queue-left"))
		return leave_queue();
	if (!strcmp(kind, "forced-removal"))
		return force_removal();
	if (!strcmp(kind, "counter"))
		return open_counter();
	if (!strcmp(kind, "long-queue"))
		return fill_queue();
	if (!strcmp(kind, "dispatch"))
		return dispatch_calls();
	if (!strcmp(kind, "aio"))
		return set_up_aio();
	if (!strcmp(kind, "terminal"))
		return take_terminal();
	if (!strcmp(kind, "letter-box"))
		return open_letter_box(path);
	if (!strcmp(kind, "proc"))
		return open("/proc/self/maps", O_RDONLY);
	if (!strcmp(kind, "unlinked"))
		return make_unlinked(path);
	if (!strcmp(kind, "locked"))
		return make_locked(path);
	if (!strcmp(kind, "device"))
		return map_device(path);
	if (!strcmp(kind, "huge"))
		return map_huge(path);
	if (!strcmp(kind, "huge-segment"))
		return make_huge_segment();
	if (!strcmp(kind, "nonlinear"))
		return map_nonlinear(path);
	if (!strcmp(kind, "unlinked-map"))
		return map_unlinked(path);
	if (!strcmp(kind, "mounts"))
		return unshare(CLONE_NEWNS);
	if (!strcmp(kind, "network"))
		return unshare(CLONE_NEWNET);
	if (!strcmp(kind, "attached"))
		return attach_elsewhere();
	if (!strcmp(kind, "timer"))
		return make_timer();
	if (!strcmp(kind, "real-time"))
		return take_real_time();
	if (!strcmp(kind, "memfd"))
		return make_memfd();
	if (!strcmp(kind, "memfd-map"))
		return map_memfd();
	if (!strcmp(kind, "session"))
		return leave_in_session();
	if (!strcmp(kind, "group"))
		return leave_in_group();
	if (!strcmp(kind, "pidfd"))
		return make_pidfd();
	if (!strcmp(kind, "cgroups"))
		return unshare(CLONE_NEWCGROUP);
	errno = EINVAL;
	return -1;
}

static void hold(char **args)
{
	errno = EINVAL;
	if (!args[0] || !args[1] || make(args[0], args[1]) < 0)
		cannot("making what is refused");
	settled();
}

const struct subject refused = {
	.name = "refused",
	.about = "sleeps, with what a checkpoint refuses: KIND PATH",
	.prepare = in_keeper,
	.target = hold,
	.reached = await_sleep,
};
