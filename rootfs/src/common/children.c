// SPDX-License-Identifier: GPL-2.0
/* Who is whose child, as /proc has it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "children.h"

pid_t parent_of(pid_t pid)
{
	char path[64], text[512], *after;
	FILE *file;
	int parent = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	/* The name before it may hold anything, parentheses too. */
	after = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
	if (after)
		sscanf(after, ") %*c %d", &parent);
	fclose(file);
	return parent;
}

pid_t first_child(pid_t parent)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	pid_t pid, found = -1;

	while (folder && found < 0 && (entry = readdir(folder))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && parent_of(pid) == parent)
			found = pid;
	}
	if (folder)
		closedir(folder);
	return found;
}
