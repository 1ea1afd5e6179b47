// SPDX-License-Identifier: GPL-2.0
/* The kernel's counts and switches, marks on its console, and its end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "shim.h"

#define SLABS	"/sys/kernel/slab"

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

/* What can be written to so that a cache shrinks, -1 if there is none such. */
static int open_shrink(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SLABS "/%s/shrink", name);
	return open(path, O_WRONLY | O_CLOEXEC);
}

/*
 * SLUB counts an object that lies free in a processor's own slab as in use.
 * Shrinking a cache hands these back, and the count is right; it is as long as
 * nobody makes another, so all is open before the first is shrunk.
 */
static void shrink(const int *fds, int count)
{
	ssize_t unused = 0;
	int i;

	for (i = 0; i < count; i++)
		if (fds[i] >= 0)
			unused = write(fds[i], "1", 1);
	(void)unused;
}

/* A cache that SLUB merged with others has no line of its own. */
static void report_merged(struct json *out, const char *name)
{
	char path[PATH_MAX], text[256];

	snprintf(path, sizeof(path), SLABS "/%s/objects", name);
	if (read_text(path, text, sizeof(text)) > 0)
		json_number(out, name, atoll(text));
	else
		json_null(out, name);
}

static bool asked_for(const char *name, int argc, char **argv, bool *found)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name)) {
			found[i] = true;
			return true;
		}
	return argc == 1;
}

/* Objects in use by cache; without names, of every cache. */
int slabs_command(struct json *out, int argc, char **argv)
{
	bool *found = calloc((size_t)argc + 1, sizeof(*found));
	FILE *file = fopen("/proc/slabinfo", "re");
	int *fds = calloc((size_t)argc + 1, sizeof(*fds));
	char line[512], name[128];
	long long active;
	int i;

	if (!file || !found || !fds)
		return fail(out, "/proc/slabinfo");
	for (i = 1; i < argc; i++)
		if (strchr(argv[i], '/'))
			return misuse(out, "that is no cache's name");
	if (argc > 1)
		forget_looked_up();
	for (i = 1; i < argc; i++)
		fds[i - 1] = open_shrink(argv[i]);
	shrink(fds, argc - 1);
	json_open(out, "active", '{');
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%127s %lld", name, &active) == 2 &&
		    asked_for(name, argc, argv, found))
			json_number(out, name, active);
	fclose(file);
	for (i = 1; i < argc; i++)
		if (!found[i])
			report_merged(out, argv[i]);
	json_close(out, '}');
	for (i = 1; i < argc; i++)
		if (fds[i - 1] >= 0)
			close(fds[i - 1]);
	free(fds);
	free(found);
	return DONE;
}

int sysctl_command(struct json *out, int argc, char **argv)
{
	char path[PATH_MAX], text[4096], *dot;

	if (argc < 2 || argc > 3)
		return misuse(out, "sysctl takes a NAME and perhaps a VALUE");
	snprintf(path, sizeof(path), "/proc/sys/%s", argv[1]);
	for (dot = path + strlen("/proc/sys/"); *dot; dot++)
		if (*dot == '.')
			*dot = '/';
	if (argc == 3 && write_text(path, argv[2]) < 0)
		return fail(out, argv[1]);
	if (read_text(path, text, sizeof(text)) < 0)
		return fail(out, argv[1]);
	text[strcspn(text, "\n")] = '\0';
	json_text(out, "value", text);
	return DONE;
}

/* A line of ours on the kernel's console, at level "notice". */
int mark_command(struct json *out, int argc, char **argv)
{
	char line[1024], *newline;

	if (argc != 2)
		return misuse(out, "mark takes a TEXT");
	for (newline = argv[1]; *newline; newline++)
		if (*newline == '\n' || *newline == '\r')
			*newline = ' ';
	snprintf(line, sizeof(line) - 1, "<5>lab: %s", argv[1]);
	strcat(line, "\n");
	if (write_text("/dev/kmsg", line) < 0)
		return fail(out, "/dev/kmsg");
	return DONE;
}

int ping_command(struct json *out, int argc, char **argv)
{
	(void)argv;
	return argc == 1 ? DONE : misuse(out, "ping takes no arguments");
}

/* Init does it, see init.c. */
int poweroff_command(struct json *out, int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return misuse(out, "poweroff takes no arguments");
	return kill(1, SIGTERM) < 0 ? fail(out, "signalling init") : DONE;
}
