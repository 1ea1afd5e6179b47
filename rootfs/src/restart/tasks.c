// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the tasks of a tree. Each process makes its own children and threads,
 * because only a parent can; each task then waits until all are there.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../cr-abi.h"
#include "restart.h"

/* Enough for the few calls before sys_restart brings a stack of its own. */
#define STACK_BYTES	16384

static const struct front *tree;
static const struct lines *line;
static pid_t root;

static void say(size_t index, int error)
{
	struct word word = { (int32_t)index, (int32_t)syscall(SYS_gettid), error };

	if (write(line->words, &word, sizeof(word)) != sizeof(word))
		_exit(EXIT_SYSTEM);
}

/* A group's leader made it when it was born; the others could not know its id. */
static void join_group(const struct task_ids *ids)
{
	size_t i;

	if (ids->pid != ids->tgid || ids->pgid == ids->pid)
		return;
	for (i = 0; i < tree->nr_tasks; i++)
		if (tree->tasks[i].pid == ids->pgid)
			setpgid(0, line->pids[i]);
}

/* Comes back only if there is nothing to come back to. */
static void become(size_t index)
{
	const struct task_ids *ids = &tree->tasks[index];
	char byte;

	say(index, 0);
	while (read(line->go, &byte, 1) < 0 && errno == EINTR)
		;
	join_group(ids);
	cr_restart(index ? root : 0, line->image, 0);
	say(index, errno);
	syscall(SYS_exit, EXIT_REFUSED);
}

static int thread(void *index)
{
	become((size_t)index);
	return 0;
}

static void make_thread(size_t index)
{
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		    CLONE_THREAD | CLONE_SYSVSEM;

	if (stack == MAP_FAILED ||
	    clone(thread, (char *)stack + STACK_BYTES, flags, (void *)index) < 0) {
		say(index, errno);
		_exit(EXIT_SYSTEM);
	}
}

static void make_process(size_t index);

static void make_relatives(size_t index)
{
	const struct task_ids *own = &tree->tasks[index], *other;
	size_t i;

	for (i = 0; i < tree->nr_tasks; i++) {
		other = &tree->tasks[i];
		if (i == index || other->pid != other->tgid || other->ppid != own->pid)
			continue;
		switch (fork()) {
		case -1:
			say(i, errno);
			_exit(EXIT_SYSTEM);
		case 0:
			make_process(i);
		}
	}
	/* Threads last: a process that has some should not fork. */
	for (i = 0; i < tree->nr_tasks; i++) {
		other = &tree->tasks[i];
		if (i != index && other->tgid == own->pid)
			make_thread(i);
	}
}

static void make_process(size_t index)
{
	const struct task_ids *own = &tree->tasks[index];

	/* Before it has children, which are born into its session and group. */
	if (own->sid == own->pid)
		setsid();
	else if (own->pgid == own->pid)
		setpgid(0, 0);
	make_relatives(index);
	become(index);
	_exit(EXIT_SYSTEM);
}

/*
 * Returns the pid of the root; the tasks report themselves on their line. They
 * close the caller's own ends of the pipes, or none of those would ever end.
 */
pid_t make_tasks(const struct front *front, const struct lines *lines,
		 const int ours[4])
{
	pid_t pid;
	int i;

	tree = front;
	line = lines;
	pid = fork();
	if (pid)
		return pid;
	root = getpid();
	for (i = 0; i < 4; i++)
		close(ours[i]);
	make_process(0);
	_exit(EXIT_SYSTEM);
}
