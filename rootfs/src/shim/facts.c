// SPDX-License-Identifier: GPL-2.0
/* All that /proc tells of tasks, as it tells it: what differs is others' to say. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"

/* The most that is read of one file: maps of a thousand mappings. */
#define MOST_BYTES	(256 << 10)

static const char *const files[] = {
	"status", "stat", "limits", "maps", "personality", "cmdline", "environ",
	"auxv", "coredump_filter", "oom_adj",
};
static const char *const links[] = { "cwd", "root", "exe" };

/* A file that the kernel does not have, or does not show, is left out. */
static void report_file(struct json *out, const char *name, const char *path)
{
	static char bytes[MOST_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return;
	while (used < sizeof(bytes) &&
	       (n = read(fd, bytes + used, sizeof(bytes) - used)) > 0)
		used += (size_t)n;
	close(fd);
	json_bytes(out, name, bytes, used);
}

static void report_link(struct json *out, const char *name, const char *path)
{
	char target[512];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n >= 0)
		json_bytes(out, name, target, (size_t)n);
}

static void report_descriptors(struct json *out, long long pid)
{
	char path[300];
	struct dirent *entry;
	long long number;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%lld/fd", pid);
	folder = opendir(path);
	json_open(out, "fd", '{');
	while (folder && (entry = readdir(folder)))
		if (parse_number(entry->d_name, &number)) {
			snprintf(path, sizeof(path), "/proc/%lld/fd/%lld", pid,
				 number);
			report_link(out, entry->d_name, path);
		}
	json_close(out, '}');
	if (folder)
		rewinddir(folder);
	json_open(out, "fdinfo", '{');
	while (folder && (entry = readdir(folder)))
		if (parse_number(entry->d_name, &number)) {
			snprintf(path, sizeof(path), "/proc/%lld/fdinfo/%lld",
				 pid, number);
			report_file(out, entry->d_name, path);
		}
	json_close(out, '}');
	if (folder)
		closedir(folder);
}

int facts_command(struct json *out, int argc, char **argv)
{
	char path[64];
	long long pid;
	size_t j;
	int i;

	json_open(out, "tasks", '[');
	for (i = 1; i < argc; i++) {
		if (!parse_number(argv[i], &pid))
			return misuse(out, "facts takes PIDs");
		json_open(out, NULL, '{');
		json_number(out, "pid", pid);
		for (j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
			snprintf(path, sizeof(path), "/proc/%lld/%s", pid, files[j]);
			report_file(out, files[j], path);
		}
		for (j = 0; j < sizeof(links) / sizeof(links[0]); j++) {
			snprintf(path, sizeof(path), "/proc/%lld/%s", pid, links[j]);
			report_link(out, links[j], path);
		}
		report_descriptors(out, pid);
		json_close(out, '}');
	}
	json_close(out, ']');
	return DONE;
}
