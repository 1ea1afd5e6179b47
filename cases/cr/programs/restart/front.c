// SPDX-License-Identifier: GPL-2.0
/* Reads an image as far as its tree. Whoever wrote it may be hostile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "restart.h"

#define TYPE_BUFFER	3
#define TYPE_TREE	101
/* Header, three names of the system and the tree's own header: far less. */
#define MOST_BEFORE	65536
/* The kernel's own limit on tasks in an image. */
#define MOST_TASKS	32768

struct object {
	uint32_t type, length;
};

/* False at the end of the file, also if that comes in the middle. */
bool read_all(int fd, void *data, size_t length)
{
	char *next = data;
	ssize_t n;

	while (length) {
		n = read(fd, next, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			give_up(EXIT_IMAGE, "reading the image", errno);
		if (!n)
			return false;
		next += n;
		length -= (size_t)n;
	}
	return true;
}

static void *grow(struct front *front, int fd, size_t length)
{
	unsigned char *bytes = realloc(front->bytes, front->length + length);

	if (!bytes)
		give_up(EXIT_SYSTEM, "keeping the front of the image", ENOMEM);
	front->bytes = bytes;
	if (!read_all(fd, bytes + front->length, length))
		give_up(EXIT_IMAGE, "the image ends before its tree", 0);
	front->length += length;
	return bytes + front->length - length;
}

static struct object next_object(struct front *front, int fd, size_t most)
{
	struct object object;

	memcpy(&object, grow(front, fd, sizeof(object)), sizeof(object));
	if (object.length < sizeof(object) || object.length > most)
		give_up(EXIT_IMAGE, "an object of an impossible length", 0);
	grow(front, fd, object.length - sizeof(object));
	return object;
}

/* Ends the program if the image has no tree that tasks could be made of. */
void read_front(int fd, struct front *front)
{
	struct object object;
	uint32_t tree[2];

	memset(front, 0, sizeof(*front));
	do {
		object = next_object(front, fd, MOST_BEFORE);
		if (front->length > MOST_BEFORE)
			give_up(EXIT_IMAGE, "the image has no tree", 0);
	} while (object.type != TYPE_TREE);
	if (object.length != sizeof(object) + sizeof(tree))
		give_up(EXIT_IMAGE, "the tree is not of its length", 0);
	memcpy(tree, front->bytes + front->length - sizeof(tree), sizeof(tree));
	if (!tree[0] || tree[0] > MOST_TASKS)
		give_up(EXIT_IMAGE, "the tree has no number of tasks", 0);

	front->nr_tasks = tree[0];
	object = next_object(front, fd, sizeof(object) +
			     front->nr_tasks * sizeof(struct task_ids));
	if (object.type != TYPE_BUFFER || object.length != sizeof(object) +
	    front->nr_tasks * sizeof(struct task_ids))
		give_up(EXIT_IMAGE, "the tree has not the ids of its tasks", 0);

	/* The bytes before it need not end where an int may begin. */
	front->tasks = calloc(front->nr_tasks, sizeof(*front->tasks));
	if (!front->tasks)
		give_up(EXIT_SYSTEM, "keeping the tree", ENOMEM);
	front->length -= front->nr_tasks * sizeof(*front->tasks);
	memcpy(front->tasks, front->bytes + front->length,
	       front->nr_tasks * sizeof(*front->tasks));
}
