// SPDX-License-Identifier: GPL-2.0
/*
 * In a state that a checkpoint refuses to save, or with a child that is: each
 * has to be named.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "subject.h"

#ifndef F_SETLEASE
#define F_SETLEASE	1024
#endif
#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ	1031
#endif
#ifndef O_ASYNC
#define O_ASYNC		020000
#endif
#ifndef PR_SET_TSC
#define PR_SET_TSC	26
#define PR_TSC_SIGSEGV	2
#endif

static const char *path;

/* One end of a pipe; the other is closed. */
static int make_pipe(void)
{
	int ends[2];

	return pipe(ends) < 0 || close(ends[0]) < 0 ? -1 : ends[1];
}

static int be_signalled(void)
{
	return fcntl(make_pipe(), F_SETOWN, getpid());
}

static int be_asynchronous(void)
{
	return fcntl(make_pipe(), F_SETFL, O_ASYNC);
}

/* More than a tree may bring with it, which only root may ask for. */
static int make_large_pipe(void)
{
	return fcntl(make_pipe(), F_SETPIPE_SZ, 2 << 20);
}

static int leave_packet(void)
{
	int ends[2];

	return pipe2(ends, O_DIRECT) < 0 ? -1 : (int)write(ends[1], "packet", 6);
}

static int lock_range(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	return fcntl(open(path, O_RDWR | O_CREAT, 0600), F_SETLK, &lock);
}

static int take_lease(void)
{
	if (close(open(path, O_RDWR | O_CREAT, 0600)) < 0)
		return -1;
	return fcntl(open(path, O_RDONLY), F_SETLEASE, F_RDLCK);
}

/* A block device that every base has, under a name that is on no devtmpfs. */
static int open_device(void)
{
	if (mknod(path, S_IFBLK | 0600, makedev(7, 0)) < 0)
		return -1;
	return open(path, O_RDONLY | O_NONBLOCK);
}

static int open_path(void)
{
	if (close(open(path, O_RDWR | O_CREAT, 0600)) < 0)
		return -1;
	return open(path, O_PATH);
}

static int open_nameless(void)
{
	char *folder = strdup(path);

	*strrchr(folder, '/') = '\0';
	return open(folder, O_TMPFILE | O_RDWR, 0600);
}

/* What a name can have in it must not look like another line. */
static int lock_odd_name(void)
{
	static char odd[128];

	snprintf(odd, sizeof(odd), "%s\nodd\r\x1b", path);
	path = odd;
	return lock_range();
}

/* The first descriptor that is saved is the terminal's, not its master's. */
static int open_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), terminal;

	if (master < 0 || dup2(master, 11) < 0 || grantpt(11) < 0 || unlockpt(11) < 0)
		return -1;
	terminal = open(ptsname(11), O_RDWR | O_NOCTTY);
	if (terminal < 0 || dup2(terminal, 10) < 0 || close(terminal) < 0)
		return -1;
	return close(master);
}

static int lose_fifo(void)
{
	if (mkfifo(path, 0600) < 0 || open(path, O_RDWR) < 0)
		return -1;
	return unlink(path);
}

static int lose_folder(void)
{
	return mkdir(path, 0700) < 0 || chdir(path) < 0 ? -1 : rmdir(path);
}

/* A file system that nobody can reach any more, but who is in there. */
static int make_mount(void)
{
	return mkdir(path, 0700) < 0 ? -1 : mount("none", path, "tmpfs", 0, NULL);
}

static int lose_mount(void)
{
	return umount2(path, MNT_DETACH);
}

static int be_in_lost_mount(void)
{
	return make_mount() < 0 || chdir(path) < 0 ? -1 : lose_mount();
}

static int keep_lost_file(void)
{
	char file[256];

	snprintf(file, sizeof(file), "%s/file", path);
	if (make_mount() < 0 || open(file, O_RDWR | O_CREAT, 0600) < 0)
		return -1;
	return lose_mount();
}

static int forbid_time_stamps(void)
{
	return prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
}

/* An entry that describes a data segment, as modify_ldt takes it. */
static int make_descriptor_table(void)
{
	struct { unsigned int number, base, limit, bits; } entry = { 0, 0, 0xfffff, 0x51 };

	return (int)syscall(SYS_modify_ldt, 1, &entry, sizeof(entry));
}

/* In a namespace of its own, what others may not read, even if they may see it all. */
static int become_other(void)
{
	return setresuid(1000, 1000, 1000) < 0 ? -1 : prctl(PR_SET_DUMPABLE, 1);
}

static int hide_memory(void)
{
	if (unshare(CLONE_NEWIPC) < 0 || shmget(IPC_PRIVATE, 4096, 0) < 0)
		return -1;
	return become_other();
}

static int hide_queue(void)
{
	return unshare(CLONE_NEWIPC) < 0 || msgget(IPC_PRIVATE, 0) < 0 ? -1 : become_other();
}

static int hide_semaphores(void)
{
	return unshare(CLONE_NEWIPC) < 0 || semget(IPC_PRIVATE, 1, 0) < 0 ? -1 : become_other();
}

/* The time that a process works does not pass while it sleeps. */
static int await_own_work(void)
{
	struct timespec second = { 1, 0 };

	settled();
	while (!clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &second, NULL))
		;
	/* It has been settled, but the lab sees that it does not sleep on. */
	_exit(1);
}

static atomic_bool slept;

static void *work(void *unused)
{
	while (!atomic_load(&slept))
		;
	return unused;
}

/* A thread of its process works as long as it takes. */
static int sleep_through_own_work(void)
{
	const struct timespec length = { .tv_nsec = 20 * 1000000 };
	pthread_t worker;
	int error;

	if (pthread_create(&worker, NULL, work, NULL))
		return -1;
	error = clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &length, NULL);
	atomic_store(&slept, true);
	pthread_join(worker, NULL);
	errno = error;
	return error ? -1 : 0;
}

/* With both bits of its mode, which stand for neither reading nor writing. */
static int open_neither_way(void)
{
	char name[32];
	int fd[2];

	if (pipe(fd) < 0)
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd[0]);
	if (open(name, O_ACCMODE) >= 0)
		errno = 0;
	return errno == EINVAL ? 0 : -1;
}

/* One more than are saved. */
static int queue_too_many_signals(void)
{
	const struct rlimit enough = { 20000, 20000 };
	sigset_t set;
	int i;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	if (setrlimit(RLIMIT_SIGPENDING, &enough) < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	for (i = 0; i <= 16384; i++)
		if (sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }) < 0)
			return -1;
	return 0;
}

/* What a child does when it has been made with flags, and its parent when that is done. */
static int (*childs_step)(void);
static int (*parents_step)(void);
static int steps[2];

static int be_child(void *unused)
{
	char done = childs_step && childs_step() < 0 ? (char)errno : 0;

	(void)unused;
	if (write(steps[1], &done, 1) != 1)
		_exit(1);
	close(steps[0]);
	close(steps[1]);
	rest();
}

static int have_child(int flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	char error;

	if (pipe(steps) < 0 || clone(be_child, stack + sizeof(stack), flags | SIGCHLD, NULL) < 0)
		return -1;
	if (read(steps[0], &error, 1) != 1 || error) {
		errno = error;
		return -1;
	}
	close(steps[0]);
	close(steps[1]);
	return parents_step ? parents_step() : 0;
}

static int enter_root(void)
{
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : chroot(path);
}

static int lose_root(void)
{
	return rmdir(path);
}

static int childs_root_unlinked(void)
{
	childs_step = enter_root;
	parents_step = lose_root;
	return have_child(0);
}

static int childs_root_outside(void)
{
	childs_step = enter_root;
	parents_step = lose_mount;
	return make_mount() < 0 ? -1 : have_child(0);
}

static int childs_names(void) { return have_child(CLONE_NEWUTS); }
static int childs_ipc(void) { return have_child(CLONE_NEWIPC); }
static int childs_pids(void) { return have_child(CLONE_NEWPID); }
static int childs_users(void) { return have_child(CLONE_NEWUSER); }
static int childs_mounts(void) { return have_child(CLONE_NEWNS); }
static int childs_network(void) { return have_child(CLONE_NEWNET); }
static int childs_cgroups(void) { return have_child(CLONE_NEWCGROUP); }
static int childs_handlers(void) { return have_child(CLONE_VM | CLONE_SIGHAND); }

static const struct {
	const char *name;
	int (*make)(void);
} kinds[] = {
	{ "owner", be_signalled },
	{ "asynchronous", be_asynchronous },
	{ "large-pipe", make_large_pipe },
	{ "packets-left", leave_packet },
	{ "range", lock_range },
	{ "lease", take_lease },
	{ "device", open_device },
	{ "path", open_path },
	{ "nameless", open_nameless },
	{ "odd-name", lock_odd_name },
	{ "terminal", open_terminal },
	{ "fifo", lose_fifo },
	{ "folder", lose_folder },
	{ "mount", be_in_lost_mount },
	{ "file-outside", keep_lost_file },
	{ "time-stamps", forbid_time_stamps },
	{ "descriptors", make_descriptor_table },
	{ "memory", hide_memory },
	{ "queue", hide_queue },
	{ "semaphores", hide_semaphores },
	{ "own-work", await_own_work },
	{ "own-work-done", sleep_through_own_work },
	{ "neither-way", open_neither_way },
	{ "too-many-signals", queue_too_many_signals },
	{ "child-root-unlinked", childs_root_unlinked },
	{ "child-root-outside", childs_root_outside },
	{ "child-names", childs_names },
	{ "child-ipc", childs_ipc },
	{ "child-pids", childs_pids },
	{ "child-users", childs_users },
	{ "child-mounts", childs_mounts },
	{ "child-network", childs_network },
	{ "child-cgroups", childs_cgroups },
	{ "child-handlers", childs_handlers },
};

static void become(char **args)
{
	size_t i;

	errno = EINVAL;
	path = args[0] ? args[1] : NULL;
	for (i = 0; path && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, args[0]))
			continue;
		if (kinds[i].make() < 0)
			cannot(kinds[i].name);
		settled();
		return;
	}
	cannot("a kind and a path");
}

const struct subject unusual = {
	.name = "unusual",
	.about = "sleeps in a state, or with a child in one, that is refused: KIND PATH",
	.target = become,
	.reached = await_sleep,
};
