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
	int32_t pid, ppid, tgid, pgid, sid, padding;
};

/* The front of an image as far as its tree, kept to be written again. */
struct front {
	unsigned char *bytes;
	size_t length;
	struct task_ids *tasks;		/* what comes behind bytes */
	size_t nr_tasks;
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
	volatile pid_t *pids;	/* the new ones, known to all before go */
};

void give_up(int status, const char *what, int error)
	__attribute__((noreturn));

/* front.c */
void read_front(int fd, struct front *front);
void write_all(int fd, const void *data, size_t length);
bool read_all(int fd, void *data, size_t length);

/* tasks.c */
pid_t make_tasks(const struct front *front, const struct lines *lines,
		 const int ours[4]);

/* Exit statuses, beside those of the restarted root task. */
enum {
	EXIT_REFUSED = 1,	/* the kernel refused to restart a task */
	EXIT_USAGE = 2,
	EXIT_IMAGE = 3,		/* it is no image, or can't be read */
	EXIT_SYSTEM = 4,	/* a task, a pipe or memory could not be had */
};

#endif
