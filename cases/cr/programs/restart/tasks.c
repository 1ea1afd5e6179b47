// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the tasks of a plan. Each process makes its own children and threads,
 * because only a parent can; each task then waits until all are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cr-abi.h"
#include "restart.h"

/* Enough for the few calls before sys_restart brings a stack of its own. */
#define STACK_BYTES	16384

static const struct plan *plan;
static const struct lines *line;
static enum pids numbers;
static const int *tools_own;
static pid_t root;

static void say(size_t index, int error)
{
	struct word word = { (int32_t)index, (int32_t)syscall(SYS_gettid), error };

	if (write(line->words, &word, sizeof(word)) != sizeof(word))
		_exit(EXIT_SYSTEM);
}

static bool is_process(const struct task_ids *ids)
{
	return ids->pid == ids->tgid;
}

static pid_t wanted(int32_t id)
{
	return numbers == PIDS_ANY ? 0 : id;
}

/* A child that dies before all are there would be waited for for ever. */
static void miss_child(int number)
{
	(void)number;
	say(0, ECHILD);
}

static void await_end_of(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
}

/* A group's leader made it when it was born; the others could not know its id. */
static void join_group(const struct task_ids *ids)
{
	size_t i;

	if (ids->pgid == ids->pid)
		return;
	for (i = 0; i < plan->nr_tasks; i++)
		if (plan->tasks[i].pid == ids->pgid)
			setpgid(0, line->pids[i]);
	for (i = 0; i < plan->nr_ghosts; i++)
		if (plan->ghosts[i].id == ids->pgid)
			setpgid(0, line->pids[plan->nr_tasks + i]);
}

/* Their work is done; nobody must find them among its children. */
static void reap_ghosts(size_t index)
{
	size_t i;

	for (i = 0; i < plan->nr_ghosts; i++)
		if (plan->ghosts[i].maker == index)
			waitpid(line->pids[plan->nr_tasks + i], NULL, __WALL);
}

/* For as long as it is the same task; one that is restored goes on so. */
static void be_fallible(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/make-it-fail", syscall(SYS_gettid));
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "1", 1) != 1)
		_exit(EXIT_SYSTEM);
	close(fd);
}

/* Comes back only if there is nothing to come back to. */
static void become(size_t index)
{
	const struct task_ids *ids = &plan->tasks[index];

	say(index, 0);
	await_end_of(line->go);
	/* From here on some may end: those that stood in, and those that were zombies. */
	if (is_process(ids))
		signal(SIGCHLD, SIG_DFL);
	if (is_process(ids)) {
		join_group(ids);
		close(line->joined[1]);
		reap_ghosts(index);
	}
	if (line->fallible)
		be_fallible();
	cr_restart(index ? root : 0, line->image, line->flags);
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
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED ||
	    thread_as(thread, (void *)index, stack + STACK_BYTES,
		      wanted(plan->tasks[index].pid)) < 0) {
		say(index, errno);
		_exit(EXIT_SYSTEM);
	}
}

static void make_process(size_t index);

/* A child of the calling process; by a ghost: of the ghost's parent. */
static void make_child(size_t index, unsigned long flags)
{
	pid_t pid = fork_as(flags | SIGCHLD, wanted(plan->tasks[index].pid));

	if (pid < 0) {
		say(index, errno);
		_exit(EXIT_SYSTEM);
	}
	if (!pid)
		make_process(index);
}

/* The children that were born into a session, before or after its leader's time. */
static void make_children(size_t index, int32_t session, unsigned long flags)
{
	const struct task_ids *own = &plan->tasks[index], *other;
	size_t i;

	for (i = 0; i < plan->nr_tasks; i++) {
		other = &plan->tasks[i];
		if (i != index && is_process(other) && other->ppid == own->pid &&
		    plan->births[i] == session)
			make_child(i, flags);
	}
}

/* Stands in for a leader that is gone, until all have joined its session or group. */
static void be_ghost(size_t number)
{
	const struct ghost *ghost = &plan->ghosts[number];

	close(line->joined[1]);
	signal(SIGCHLD, SIG_DFL);
	if (ghost->leads_session) {
		setsid();
		make_children(ghost->maker, ghost->id, CLONE_PARENT);
	} else {
		setpgid(0, 0);
	}
	say(plan->nr_tasks + number, 0);
	await_end_of(line->joined[0]);
	_exit(0);
}

static void make_ghosts(size_t index)
{
	pid_t pid;
	size_t i;

	for (i = 0; i < plan->nr_ghosts; i++) {
		if (plan->ghosts[i].maker != index)
			continue;
		pid = fork_as(SIGCHLD, wanted(plan->ghosts[i].id));
		if (pid < 0) {
			say(plan->nr_tasks + i, errno);
			_exit(EXIT_SYSTEM);
		}
		if (!pid)
			be_ghost(i);
	}
}

static void make_process(size_t index)
{
	const struct task_ids *own = &plan->tasks[index];
	size_t i;

	signal(SIGCHLD, miss_child);
	if (own->sid == own->pid) {
		if (plan->births[index] != own->sid)
			make_children(index, plan->births[index], 0);
		setsid();
	} else if (own->pgid == own->pid) {
		/* Before it has children, which are born into its group. */
		setpgid(0, 0);
	}
	make_children(index, own->sid, 0);
	make_ghosts(index);
	/* Threads last: a process that has some should not fork. */
	for (i = 0; i < plan->nr_tasks; i++)
		if (!is_process(&plan->tasks[i]) && plan->tasks[i].tgid == own->pid)
			make_thread(i);
	become(index);
	_exit(EXIT_SYSTEM);
}

/* The tool's own ends of the pipes: none would ever end while a task has them. */
static void leave_to_tool(void)
{
	int i;

	for (i = 0; i < 4; i++)
		close(tools_own[i]);
}

static void let_go(void)
{
	leave_to_tool();
	close(line->words);
	close(line->go);
	close(line->image);
	close(line->joined[0]);
	close(line->joined[1]);
}

static pid_t make_root(void)
{
	unsigned long flags = SIGCHLD;
	pid_t pid = wanted(plan->tasks[0].pid);

	/* The init of a container makes its namespace itself. */
	if (numbers == PIDS_SPACE && pid == 1) {
		flags |= CLONE_NEWPID;
		pid = 0;
	}
	pid = fork_as(flags, pid);
	if (pid < 0)
		say(0, errno);
	if (pid)
		return pid;
	root = getpid();
	leave_to_tool();
	/* If the tool is gone by now, the others find nobody to report to. */
	end_with_parent(line->done);
	make_process(0);
	_exit(EXIT_SYSTEM);
}

/*
 * Returns the pid of the root, or of its namespace's init; the tasks report
 * themselves on their line. They close the caller's own ends of the pipes.
 */
pid_t make_tasks(const struct plan *all, const struct lines *lines,
		 enum pids pids, const int ours[4])
{
	plan = all;
	line = lines;
	numbers = pids;
	tools_own = ours;
	if (pids == PIDS_SPACE && all->tasks[0].pid != 1)
		return make_space(make_root, let_go, line->done);
	return make_root();
}
