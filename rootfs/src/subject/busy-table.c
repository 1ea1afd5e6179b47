// SPDX-License-Identifier: GPL-2.0
/*
 * Sleeps while somebody else, who has the same table of descriptors and is not
 * its child, opens, duplicates and closes.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "subject.h"

#define FIRST	20
#define LAST	60

static void open_and_close(pid_t target)
{
	int fd;

	while (getppid() && !kill(target, 0)) {
		fd = open("/dev/null", O_RDONLY);
		for (int to = FIRST; to < LAST; to++)
			dup2(fd, to);
		for (int to = FIRST; to < LAST; to++)
			close(to);
		close(fd);
	}
	_exit(0);
}

static void share(char **args)
{
	const pid_t self = getpid();
	long pid = syscall(SYS_clone, CLONE_FILES | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	(void)args;
	if (pid < 0)
		cannot("sharing the table of descriptors");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		open_and_close(self);
	}
	settled();
}

const struct subject busy_table = {
	.name = "busy-table",
	.about = "sleeps while one outside of its tree opens and closes its descriptors",
	.target = share,
	.reached = await_sleep,
};
