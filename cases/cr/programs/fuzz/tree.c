// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks are made as the good image has them, whatever the bad one says: one
 * that names others is the kernel's to refuse.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/write.h"
#include "../restart/restart.h"
#include "cr-abi.h"
#include "fuzz.h"

#define TYPE_BUFFER	3
#define TYPE_TREE	101
#define MOST_TASKS	128

/* The ids of an image's tasks, if they are there. */
static struct front front_of(const struct image *image)
{
	struct front front = { NULL, 0, NULL, 0 };
	const struct object *tree, *ids;
	uint32_t count;
	size_t i;

	for (i = 0; i + 1 < image->count; i++)
		if (image->objects[i].type == TYPE_TREE)
			break;
	if (i + 1 >= image->count)
		return front;
	tree = &image->objects[i];
	ids = tree + 1;
	if (tree->size < sizeof(count) || ids->type != TYPE_BUFFER)
		return front;
	memcpy(&count, tree->payload, sizeof(count));
	if (!count || count > MOST_TASKS || ids->size != count * sizeof(struct task_ids))
		return front;
	front.tasks = calloc(count, sizeof(struct task_ids));
	if (!front.tasks)
		return front;
	memcpy(front.tasks, ids->payload, ids->size);
	front.nr_tasks = count;
	return front;
}

bool has_tree(const struct image *image)
{
	struct front front = front_of(image);

	free(front.tasks);
	return front.nr_tasks > 1;
}

static void __attribute__((noreturn)) end_with(int report, int outcome, int error)
{
	struct said said = { outcome, error };

	if (write(report, &said, sizeof(said)) != sizeof(said))
		_exit(EXIT_SYSTEM);
	/* What lives by now is looked at, and killed together with this. */
	for (;;)
		pause();
}

/* An id of the good image's tree as it is now; others stay what they are. */
static int32_t id_now(int32_t old, const struct plan *plan, const volatile pid_t *pids)
{
	bool outside = false;
	size_t i;

	for (i = 0; i < plan->nr_tasks; i++)
		if (old && plan->tasks[i].pid == old)
			return pids[i];
	for (i = 0; i < plan->nr_ghosts; i++)
		if (old && plan->ghosts[i].id == old)
			return pids[plan->nr_tasks + i];
	for (i = 0; i < plan->nr_tasks; i++)
		outside |= plan->tasks[i].ppid == old || plan->tasks[i].pgid == old ||
			   plan->tasks[i].sid == old;
	return outside ? 0 : old;
}

/* Wherever the bytes have a tree's ids, bad ones as well. */
static void renumber_bytes(struct bytes bytes, const struct plan *plan,
			   const volatile pid_t *pids)
{
	size_t at = 0, next;
	uint32_t header[2], before = 0;
	int32_t id;

	while (at + sizeof(header) <= bytes.length) {
		memcpy(header, bytes.data + at, sizeof(header));
		if (header[1] < sizeof(header) || header[1] > bytes.length - at)
			return;
		next = at + header[1];
		if (header[0] == TYPE_BUFFER && before == TYPE_TREE)
			for (at += sizeof(header); at + sizeof(id) <= next; at += sizeof(id)) {
				memcpy(&id, bytes.data + at, sizeof(id));
				id = id_now(id, plan, pids);
				memcpy(bytes.data + at, &id, sizeof(id));
			}
		before = header[0];
		at = next;
	}
}

void restart_tree(const struct trial *trial, int image, int report)
{
	struct front front = front_of(&trial->entry->image);
	struct bytes bytes = trial->bytes;
	int words[2], go[2];
	struct pollfd poll_words;
	struct lines lines;
	struct plan plan;
	struct word word;
	size_t nr_made, i;

	if (!front.tasks)
		end_with(report, UNMADE, ENOMEM);
	plan = make_plan(&front);
	nr_made = plan.nr_tasks + plan.nr_ghosts;
	if (pipe(words) < 0 || pipe(go) < 0 || pipe(lines.joined) < 0)
		end_with(report, UNMADE, errno);
	lines.words = words[1];
	lines.go = go[0];
	lines.image = image;
	lines.fallible = trial->failing != 0;
	/* What came back before may have written to its files. */
	lines.flags = RESTART_CHANGED_FILES;
	lines.pids = mmap(NULL, (nr_made + 1) * sizeof(pid_t), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lines.pids == MAP_FAILED)
		end_with(report, UNMADE, errno);
	lines.done = lines.pids + nr_made;
	if (make_tasks(&plan, &lines, trial->same_pids ? PIDS_SAME : PIDS_ANY,
		       (int[]){ words[0], go[1], report, -1 }) < 0)
		end_with(report, UNMADE, errno);
	close(words[1]);
	close(go[0]);
	close(lines.joined[0]);
	close(lines.joined[1]);
	for (i = 0; i < nr_made; i++) {
		if (!read_all(words[0], &word, sizeof(word)))
			end_with(report, UNMADE, ECHILD);
		if (word.error || word.index < 0 || (size_t)word.index >= nr_made)
			end_with(report, UNMADE, word.error);
		lines.pids[word.index] = word.pid;
	}
	if (!trial->same_pids) {
		bytes.data = malloc(bytes.length + 1);
		if (!bytes.data)
			end_with(report, UNMADE, ENOMEM);
		memcpy(bytes.data, trial->bytes.data, bytes.length);
		renumber_bytes(bytes, &plan, lines.pids);
		if (!write_all(image, bytes.data, bytes.length) ||
		    lseek(image, 0, SEEK_SET) < 0)
			end_with(report, UNMADE, errno);
	}
	close(go[1]);
	poll_words = (struct pollfd){ words[0], POLLIN, 0 };
	if (poll(&poll_words, 1, KERNEL_MS) <= 0)
		end_with(report, LATE, 0);
	if (read_all(words[0], &word, sizeof(word)))
		end_with(report, REFUSED, word.error);
	*lines.done = 1;
	end_with(report, RESTARTED, 0);
}
