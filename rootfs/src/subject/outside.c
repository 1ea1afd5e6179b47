// SPDX-License-Identifier: GPL-2.0
/* A task beside the target that is not the target's. */
#include <sys/wait.h>
#include <unistd.h>

#include "subject.h"

/* Its parent is init, and it has all that is open here, until this one has gone. */
int leave_one_outside(void)
{
	int life[2], status;
	pid_t child;
	char byte;

	if (pipe(life) < 0)
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0) {
		if (fork())
			_exit(0);
		not_to_settle();
		close(life[1]);
		_exit(read(life[0], &byte, 1) != 0);
	}
	if (waitpid(child, &status, 0) < 0)
		return -1;
	return close(life[0]);
}
