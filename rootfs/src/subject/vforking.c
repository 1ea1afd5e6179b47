// SPDX-License-Identifier: GPL-2.0
/* Waits in vfork for a child that sleeps, and rests when that has ended. */
#include <signal.h>
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

const struct subject vforking = {
	.name = "vforking",
	.about = "waits in vfork for a child, which sleeps",
	.target = wait_for_child,
	.reached = await_vfork,
	.facts = name_child,
};
