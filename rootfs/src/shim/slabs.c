// SPDX-License-Identifier: GPL-2.0
/* How many objects the kernel's slab caches hold while nobody works. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

#define SLABS	"/sys/kernel/slab"

/*
 * What was freed may wait for RCU, of which old kernels do ten a tick, and
 * nothing tells when the last is done: so many ticks without a lower count do.
 */
#define TICK_NS		(10 * 1000 * 1000)	/* CONFIG_HZ_100 */
#define QUIET_TICKS	5

/* More than a kernel has. */
#define MOST_CACHES	400

struct cache {
	char *name;
	int shrink, objects;
	long long least;	/* -1: there is none of that name */
};

/*
 * What was looked up in /proc keeps the pids of the dead until memory is short,
 * and old kernels keep a hundred of these whoever asks, except at a remount.
 */
static void forget_looked_up(void)
{
	struct statvfs status;

	write_text("/proc/sys/vm/drop_caches", "3");
	if (statvfs("/proc", &status) == 0)
		/* The flags that both know have the same numbers. */
		mount("proc", "/proc", "proc", MS_REMOUNT | (status.f_flag & 0xf), NULL);
}

static int open_attribute(const char *name, const char *attribute, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SLABS "/%s/%s", name, attribute);
	return open(path, flags | O_CLOEXEC);
}

static struct cache open_cache(const char *name)
{
	return (struct cache){
		.name = strdup(name),
		.shrink = open_attribute(name, "shrink", O_WRONLY),
		.objects = open_attribute(name, "objects", O_RDONLY),
		.least = -1,
	};
}

/* Those that SLUB has merged are one cache, under the name of the first. */
static size_t open_all(struct cache *caches, size_t room)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	char line[512], name[128];
	size_t count = 0;

	while (file && count < room && fgets(line, sizeof(line), file))
		if (line[0] != '#' && sscanf(line, "%127s %*d", name) == 1 &&
		    strcmp(name, "slabinfo"))
			caches[count++] = open_cache(name);
	if (file)
		fclose(file);
	return count;
}

/*
 * SLUB counts an object that lies free in a processor's own slab as in use.
 * Shrinking a cache hands these back, and the count is right; it is as long as
 * nobody makes another, so all are shrunk before the first is counted, and
 * nothing is opened meanwhile. Says whether any count was lower than before.
 */
static bool count_all(struct cache *caches, size_t count)
{
	ssize_t length, unused = 0;
	bool fell = false;
	long long now;
	char text[64];
	size_t i;

	for (i = 0; i < count; i++)
		if (caches[i].shrink >= 0)
			unused = write(caches[i].shrink, "1", 1);
	(void)unused;
	for (i = 0; i < count; i++) {
		length = pread(caches[i].objects, text, sizeof(text) - 1, 0);
		if (length <= 0)
			continue;
		text[length] = '\0';
		now = atoll(text);
		if (caches[i].least < 0 || now < caches[i].least) {
			caches[i].least = now;
			fell = true;
		}
	}
	return fell;
}

/*
 * Objects in use by cache; without names, of every cache. This process is in
 * the counts with what it has open, which depends on the names alone.
 */
int slabs_command(struct json *out, int argc, char **argv)
{
	static struct cache caches[MOST_CACHES];
	const struct timespec tick = { .tv_nsec = TICK_NS };
	size_t count = 0, i;
	int quiet;

	if (argc > MOST_CACHES)
		return misuse(out, "so many caches there are not");
	for (i = 1; i < (size_t)argc; i++)
		if (strchr(argv[i], '/'))
			return misuse(out, "that is no cache's name");
	forget_looked_up();
	for (i = 1; i < (size_t)argc; i++)
		caches[count++] = open_cache(argv[i]);
	if (argc == 1)
		count = open_all(caches, MOST_CACHES);
	if (count == 0)
		return fail(out, "/proc/slabinfo");
	count_all(caches, count);
	for (quiet = 0; quiet < QUIET_TICKS; quiet++) {
		nanosleep(&tick, NULL);
		if (count_all(caches, count))
			quiet = -1;
	}
	json_open(out, "active", '{');
	for (i = 0; i < count; i++) {
		if (caches[i].least < 0)
			json_null(out, caches[i].name);
		else
			json_number(out, caches[i].name, caches[i].least);
	}
	json_close(out, '}');
	return DONE;
}
