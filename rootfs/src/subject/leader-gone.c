// SPDX-License-Identifier: GPL-2.0
/* A thread group whose leader has exited while another thread lives on. */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/clone.h"
#include "subject.h"

static int live_on(void *unused)
{
	(void)unused;
	rest();
}

static void leave(char **args)
{
	static _Alignas(16) char stack[16384];

	(void)args;
	if (clone_to(live_on, stack + sizeof(stack),
		     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			     CLONE_THREAD | CLONE_SYSVSEM,
		     NULL, NULL) < 0)
		cannot("clone");
	settled();
	/* Of this task alone, where _exit would end the group. */
	syscall(SYS_exit, 0);
}

static void await_leader(pid_t target)
{
	await_state(target, 'Z');
}

static void name_thread(pid_t target)
{
	struct dirent *entry;
	char path[32];
	DIR *folder;
	pid_t tid;

	snprintf(path, sizeof(path), "/proc/%d/task", target);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		tid = atoi(entry->d_name);
		if (tid > 0 && tid != target)
			printf(" thread=%d", tid);
	}
	if (folder)
		closedir(folder);
}

const struct subject leader_gone = {
	.name = "leader-gone",
	.about = "its leader has exited, a thread lives on",
	.target = leave,
	.reached = await_leader,
	.facts = name_thread,
};
