// SPDX-License-Identifier: GPL-2.0
/* Waits in vfork for a child that sleeps, and rests when that has ended. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "subject.h"

static void wait_for_child(char **args)
{
	pid_t pid;

	(void)args;
	pid = vfork();
	if (!pid) {
		/* Its parent's death would not be its own. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		settled();
		for (;;)
			pause();
	}
	if (pid < 0)
		cannot("vfork");
}

/* Not even a signal gets it out of there. */
static void await_vfork(pid_t target)
{
	await_state(target, 'D');
}

/* Of all tasks only the child has the target for its parent. */
static void name_child(pid_t target)
{
	struct dirent *entry;
	char path[300], text[512], *end;
	DIR *folder = opendir("/proc");
	pid_t parent;
	FILE *file;

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = atoi(entry->d_name) > 0 ? fopen(path, "r") : NULL;
		if (!file)
			continue;
		end = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
		if (end && sscanf(end, ") %*c %d", &parent) == 1 && parent == target)
			printf(" child=%s", entry->d_name);
		fclose(file);
	}
	if (folder)
		closedir(folder);
}

const struct subject vforking = {
	.name = "vforking",
	.about = "waits in vfork for a child, which sleeps",
	.target = wait_for_child,
	.reached = await_vfork,
	.facts = name_child,
};
