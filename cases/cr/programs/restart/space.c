// SPDX-License-Identifier: GPL-2.0
/*
 * A pid namespace for the restarted tasks, with an init that sees to them; and
 * what ends them together with the tool.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "restart.h"

/* Nobody sends it for any other reason. */
#define SIGNAL_OF_END	SIGRTMAX

static const volatile int *all_done;

static void end_now(int number)
{
	(void)number;
	if (!*all_done)
		_exit(EXIT_SYSTEM);
}

/*
 * By a signal that can be handled: the kernel forgets it when it completes a
 * restart, so that all tasks live or none does, and an init hears no other.
 */
void end_with_parent(const volatile int *done)
{
	sigset_t set;

	all_done = done;
	signal(SIGNAL_OF_END, end_now);
	sigemptyset(&set);
	sigaddset(&set, SIGNAL_OF_END);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	prctl(PR_SET_PDEATHSIG, SIGNAL_OF_END);
}

/* The namespace lives as long as its root task, and ends as that does. */
static int reap_until(pid_t root)
{
	pid_t ended;
	int status;

	for (;;) {
		ended = wait(&status);
		if (ended < 0 && errno != EINTR)
			return EXIT_SYSTEM;
		if (ended == root)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						   : WEXITSTATUS(status);
	}
}

/* Returns the pid of the new namespace's init, as its maker sees it. */
pid_t make_space(pid_t (*make_root)(void), void (*let_go)(void),
		 const volatile int *done)
{
	pid_t init = fork_as(CLONE_NEWPID | SIGCHLD, 0), root;

	if (init)
		return init;
	signal(SIGCHLD, SIG_DFL);
	end_with_parent(done);
	root = make_root();
	/* What it keeps open would keep the tool waiting for the tasks. */
	let_go();
	_exit(root < 0 ? EXIT_SYSTEM : reap_until(root));
}
