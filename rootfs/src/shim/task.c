// SPDX-License-Identifier: GPL-2.0
/* Starting a task as somebody else, and what the commands share. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

/*
 * A fork, into a new pid namespace if asked. 2.6.30 has the flag for clone
 * only, not for unshare.
 */
pid_t fork_as(const struct identity *who)
{
	unsigned long flags = SIGCHLD | (who->new_pidns ? CLONE_NEWPID : 0);

	return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
}

/* In the new task: takes on the rest of the identity. */
const char *assume(const struct identity *who)
{
	gid_t gid = (gid_t)(who->gid >= 0 ? who->gid : who->uid);

	if (who->group && join_group(who->group, 0) < 0)
		return who->group;
	if (who->chroot && (chroot(who->chroot) < 0 || chdir("/") < 0))
		return who->chroot;
	if (who->cwd && chdir(who->cwd) < 0)
		return who->cwd;
	if (who->uid < 0 && who->gid < 0)
		return NULL;
	if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0)
		return "setting the group id";
	if (who->uid >= 0 &&
	    setresuid((uid_t)who->uid, (uid_t)who->uid, (uid_t)who->uid) < 0)
		return "setting the user id";
	return NULL;
}

/* What waitpid said of a task: its exit status or the signal that ended it. */
void report_end(struct json *out, int status)
{
	if (WIFEXITED(status))
		json_number(out, "status", WEXITSTATUS(status));
	else
		json_null(out, "status");
	json_text(out, "signal",
		  WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL);
}

int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Reads a small file as text; returns its length or -1. */
ssize_t read_text(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	while (used + 1 < room &&
	       (n = read(fd, text + used, room - 1 - used)) > 0)
		used += (size_t)n;
	close(fd);
	text[used] = '\0';
	return n < 0 ? -1 : (ssize_t)used;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int error;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return n < 0 ? -1 : 0;
}
