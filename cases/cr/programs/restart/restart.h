/* SPDX-License-Identifier: GPL-2.0 */
/*
 * restart: makes the tasks that an image names, in their relations to each
 * other, and has each of them call sys_restart.
 */
#ifndef RESTART_H
#define RESTART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A task's entry in the image's TREE: docs/image-format.md. */
struct task_ids {
	int32_t pid, ppid, tgid, pgid, sid, ptid;
};

/* The front of an image as far as its tree, kept to be written again. */
struct front {
	unsigned char *bytes;
	size_t length;
	struct task_ids *tasks;		/* what comes after bytes */
	size_t nr_tasks;
};

/*
 * A session or a group that lives on in its members: its leader is not among
 * the tasks, so that somebody has to stand in for it while they join.
 */
struct ghost {
	int32_t id;		/* of the session or group, as in the tree */
	bool leads_session;	/* else a group of its maker's session */
	size_t maker;		/* whose child it is, as long as it lives */
};

/* What is to be made of a tree. */
struct plan {
	const struct task_ids *tasks;
	size_t nr_tasks;
	const int32_t *births;	/* the session that each task was born into */
	const struct ghost *ghosts;
	size_t nr_ghosts;
};

/* What a task says of itself: that it is there (error 0), or what failed. */
struct word {
	int32_t index, pid, error;
};

/* How the tool and the tasks that it makes are connected. */
struct lines {
	int words;	/* the tasks write struct word here */
	int go;		/* reads as ended once all of them are there */
	int image;	/* the image with the new ids in its tree */
	int joined[2];	/* reads as ended once all are in their groups */
	volatile pid_t *pids;	/* tasks' and then ghosts', known before go */
	volatile int *done;	/* not 0: all of them live */
	bool fallible;	/* the kernel's fault injection may hit the restart */
	unsigned long flags;	/* RESTART_*: what may differ */
};

/* Which pids the tasks get. */
enum pids {
	PIDS_ANY,
	PIDS_SAME,	/* those of the image, where the tool itself is */
	PIDS_SPACE,	/* those of the image, in a new pid namespace */
};

/* give-up.c: says what failed, and why unless that is 0; undoes; ends the tool. */
void give_up(int status, const char *what, int error)
	__attribute__((noreturn));
void undo_by(void (*function)(void));

/* front.c */
void read_front(int fd, struct front *front);
bool read_all(int fd, void *data, size_t length);

/* plan.c */
struct plan make_plan(const struct front *front);

/* clone.c: like fork, and a thread; a pid of 0 is any. -1 and errno. */
pid_t fork_as(unsigned long flags, pid_t pid);
pid_t thread_as(int (*run)(void *), void *argument, void *stack_top, pid_t pid);

/* tasks.c */
pid_t make_tasks(const struct plan *plan, const struct lines *lines,
		 enum pids pids, const int ours[4]);

/* space.c: the child of the caller ends with it, unless all is done by then. */
void end_with_parent(const volatile int *done);
pid_t make_space(pid_t (*make_root)(void), void (*let_go)(void),
		 const volatile int *done);

/* Exit statuses, beside those of the restarted root task. */
enum {
	EXIT_REFUSED = 1,	/* the kernel refused to restart a task */
	EXIT_USAGE = 2,
	EXIT_IMAGE = 3,		/* it is no image, or can't be read */
	EXIT_SYSTEM = 4,	/* a task, its pid, a pipe or memory: not to be had */
};

#endif
