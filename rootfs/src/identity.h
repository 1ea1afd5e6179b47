/* SPDX-License-Identifier: GPL-2.0 */
/* Starting a task as somebody else, in another place. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FREEZER		"/cgroup/freezer"
#define UNIFIED		"/cgroup/unified"

struct identity {
	long long uid, gid;	/* -1: as the caller */
	const char *chroot, *cwd, *group;
	bool new_pidns;
};
#define SAME_IDENTITY { .uid = -1, .gid = -1 }

/*
 * What clone has to be told, of a new pid namespace if asked. 2.6.30 has the
 * flag for clone only, not for unshare.
 */
static inline int fork_flags(const struct identity *who)
{
	return SIGCHLD | (who->new_pidns ? CLONE_NEWPID : 0);
}

static inline pid_t fork_as(const struct identity *who)
{
	return (pid_t)syscall(SYS_clone, (long)fork_flags(who), 0, 0, 0, 0);
}

/* The caller enters a freezer group, of the first hierarchy there is. */
static inline int join_group(const char *name)
{
	bool unified = access(FREEZER "/tasks", F_OK) < 0;
	char path[256];
	int fd, used;
	ssize_t n;

	if (strchr(name, '/') || *name == '.' || strlen(name) > 100) {
		errno = EINVAL;
		return -1;
	}
	used = snprintf(path, sizeof(path), "%s/%s",
			unified ? UNIFIED : FREEZER, name);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -1;
	strcpy(path + used, unified ? "/cgroup.procs" : "/tasks");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, "0", 1);
	close(fd);
	return n < 0 ? -1 : 0;
}

/*
 * In the new task: takes on the rest of the identity. Returns NULL, or what
 * could not be done, and errno.
 */
static inline const char *assume(const struct identity *who)
{
	gid_t gid = (gid_t)(who->gid >= 0 ? who->gid : who->uid);
	uid_t uid = (uid_t)who->uid;

	if (who->group && join_group(who->group) < 0)
		return who->group;
	if (who->chroot && (chroot(who->chroot) < 0 || chdir("/") < 0))
		return who->chroot;
	if (who->cwd && chdir(who->cwd) < 0)
		return who->cwd;
	if (who->uid < 0 && who->gid < 0)
		return NULL;
	if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0)
		return "setting the group id";
	if (who->uid >= 0 && setresuid(uid, uid, uid) < 0)
		return "setting the user id";
	return NULL;
}

#endif
