// SPDX-License-Identifier: GPL-2.0
/*
 * Has something together with its keeper, who lets go of it at `close`: KIND is
 * what, PATH where it is if it has a name.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subject.h"

#define BYTES	8192

static int shared = -1, other = -1;
static void *memory = MAP_FAILED;

/* The very same open file. */
static bool open_file(const char *path)
{
	shared = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return shared >= 0;
}

/* The keeper has one end of a pipe, the target has the other. */
static bool make_pipe(const char *path)
{
	int both[2];

	(void)path;
	if (pipe2(both, O_CLOEXEC) < 0)
		return false;
	other = both[0];
	shared = both[1];
	return true;
}

static bool keep_the_other(const char *path)
{
	(void)path;
	return close(shared) == 0;
}

static bool drop_the_other(pid_t target)
{
	(void)target;
	return close(other) == 0;
}

/* Each has opened it. */
static bool make_fifo(const char *path)
{
	if (mkfifo(path, 0600) < 0)
		return false;
	shared = open(path, O_RDWR | O_CLOEXEC);
	return shared >= 0;
}

static bool open_fifo(const char *path)
{
	return close(shared) == 0 && open(path, O_RDONLY | O_NONBLOCK) >= 0;
}

static bool let_file_go(void)
{
	return close(shared) == 0;
}

/* Memory of no file, as it is inherited. */
static bool make_memory(const char *path)
{
	(void)path;
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	memset(memory, 1, BYTES);
	return true;
}

static bool let_memory_go(void)
{
	return munmap(memory, BYTES) == 0;
}

/* The keeper has the file after it, and no mapping. */
static bool open_memory(pid_t target)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", target,
		 (unsigned long)memory, (unsigned long)memory + BYTES);
	shared = open(path, O_RDWR | O_CLOEXEC);
	return shared >= 0 && let_memory_go();
}

static const struct kind {
	const char *name;
	bool named;			/* has a PATH */
	bool (*make)(const char *path);
	bool (*take)(const char *path);	/* in the target; NULL: it has inherited it */
	bool (*part)(pid_t target);	/* in the keeper, when the target has its own */
	bool (*let_go)(void);
} kinds[] = {
	{ "file", true, open_file, NULL, NULL, let_file_go },
	{ "pipe", false, make_pipe, keep_the_other, drop_the_other, let_file_go },
	{ "fifo", true, make_fifo, open_fifo, NULL, let_file_go },
	{ "mapping", false, make_memory, NULL, NULL, let_memory_go },
	{ "map-file", false, make_memory, NULL, open_memory, let_file_go },
}, *chosen;

static void make_shared(char **args)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (args[0] && !strcmp(kinds[i].name, args[0]))
			chosen = &kinds[i];
	if (!chosen || (chosen->named && !args[1]))
		misused("sharer takes file PATH, pipe, fifo PATH, mapping or map-file");
	if (!chosen->make(args[1]))
		fail("making what is shared");
}

static void keep(char **args)
{
	if (chosen->take && !chosen->take(args[1]))
		cannot("taking what is shared");
	settled();
}

static void await_parted(pid_t target)
{
	await_sleep(target);
	if (chosen->part && !chosen->part(target))
		fail("leaving the target its own");
}

static bool let_go(pid_t target, const char *line)
{
	(void)target;
	if (strcmp(line, "close"))
		return false;
	puts(chosen->let_go() ? "closed" : "not closed");
	return true;
}

const struct subject sharer = {
	.name = "sharer",
	.about = "sleeps, and has a file, pipe, … together with its keeper until `close`",
	.prepare = make_shared,
	.target = keep,
	.reached = await_parted,
	.answer = let_go,
};
