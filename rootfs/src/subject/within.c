// SPDX-License-Identifier: GPL-2.0
/*
 * Shares with its child, and with nobody else, what can be had in more than one
 * way: a pipe and the FIFO at PATH through several files, of which some are
 * both ends; memory that is mapped in pieces, not the same in both. Each of the
 * two has another thread.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subject.h"

#define PAGE	4096

static char *memory;

/* The same pipe once more, through a file of its own. */
static bool open_again(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags) >= 0;
}

static bool make_pipe(void)
{
	int ends[2];

	return pipe(ends) == 0 && write(ends[1], "some", 4) == 4 &&
		open_again(ends[0], O_RDONLY) && open_again(ends[1], O_WRONLY) &&
		open_again(ends[1], O_RDWR) && dup(ends[0]) >= 0;
}

static bool make_fifo(const char *path)
{
	return mkfifo(path, 0600) == 0 && open(path, O_RDWR) >= 0 &&
		open(path, O_RDONLY) >= 0 && open(path, O_WRONLY) >= 0;
}

/* Four pages: the second is a mapping of its own by now, the last is elsewhere. */
static bool make_memory(void)
{
	char *away;

	memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	away = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory != MAP_FAILED && away != MAP_FAILED &&
		mprotect(memory + PAGE, PAGE, PROT_READ) == 0 &&
		mremap(memory + 3 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       away) == away;
}

static void *sleep_on(void *unused)
{
	(void)unused;
	rest();
}

static bool make_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, sleep_on, NULL) == 0;
}

/* It has one piece less, and another one of the first page. */
static void be_child(int ready)
{
	not_to_settle();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (munmap(memory + 2 * PAGE, PAGE) < 0 ||
	    mremap(memory, 0, PAGE, MREMAP_MAYMOVE) == MAP_FAILED ||
	    !make_thread() || write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	rest();
}

static bool make_child(void)
{
	int ready[2];
	char byte;
	pid_t pid;
	bool made;

	if (pipe(ready) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		close(ready[0]);
		be_child(ready[1]);
	}
	close(ready[1]);
	made = pid > 0 && read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return made;
}

static void share_within(char **args)
{
	if (!args[0] || !make_pipe() || !make_fifo(args[0]) || !make_memory() ||
	    !make_child() || !make_thread())
		cannot("sharing with a child");
	settled();
}

const struct subject within = {
	.name = "within",
	.about = "sleeps, and shares pipes, a FIFO at PATH and memory with its child only",
	.target = share_within,
	.reached = await_sleep,
	.facts = name_child,
};
