// SPDX-License-Identifier: GPL-2.0
/*
 * One restart, by a child, in a pid namespace that has nobody else: whatever the
 * restart makes of it can be found there, looked at and killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/write.h"
#include "cr-abi.h"
#include "fuzz.h"

/* A tree has to be made first; on a host that does much else that takes its time. */
#define TREE_MS		3000
/* What is killed is gone at once, or never. */
#define DEATH_SECONDS	20

static const char image_path[] = "/tmp/fuzz-image";

static void __attribute__((noreturn)) stop(const char *what)
{
	perror(what);
	exit(4);
}

/* The caller goes on as the init of a namespace; what called it awaits its end. */
void enter_space(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		stop("fuzz: a pid namespace");
	if (pid) {
		while (waitpid(pid, &status, 0) < 0)
			if (errno != EINTR)
				stop("fuzz: awaiting the namespace");
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
	}
	/* Where there are shared mounts, ours must not be seen outside. */
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		stop("fuzz: its /proc");
}

static void become(const struct trial *trial)
{
	static const gid_t own = USER;

	if (!trial->as_user)
		return;
	if (setgroups(1, &own) < 0 || setresgid(USER, USER, USER) < 0 ||
	    setresuid(USER, USER, USER) < 0)
		_exit(4);
}

static int image_file(struct bytes bytes)
{
	int fd = open(image_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || !write_all(fd, bytes.data, bytes.length) ||
	    ftruncate(fd, (off_t)bytes.length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		stop(image_path);
	return fd;
}

/* What a refused restart may have given to its caller. */
static bool has_rights(void)
{
	struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
	struct { uint32_t effective, permitted, inheritable; } caps[2];
	uid_t ids[3];
	gid_t gids[3];

	if (getresuid(ids, ids + 1, ids + 2) < 0 || getresgid(gids, gids + 1, gids + 2) < 0 ||
	    syscall(SYS_capget, &header, caps) < 0)
		return true;
	return ids[0] != USER || ids[1] != USER || ids[2] != USER || gids[0] != USER ||
	       gids[1] != USER || gids[2] != USER || caps[0].effective || caps[0].permitted ||
	       caps[1].effective || caps[1].permitted;
}

static void __attribute__((noreturn)) restart_alone(const struct trial *trial, int image,
						    int report)
{
	struct said said = { REFUSED, 0 };

	cr_restart(0, image, RESTART_CHANGED_FILES);
	said.error = errno;
	if (trial->as_user && has_rights())
		said.outcome = GAINED;
	if (write(report, &said, sizeof(said)) != sizeof(said))
		_exit(4);
	_exit(0);
}

__attribute__((format(printf, 2, 3)))
static void find(struct result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result->finding, sizeof(result->finding), format, arguments);
	va_end(arguments);
}

/* A line of /proc/PID/status that says more than this user may have. */
static bool is_right(const char *line)
{
	unsigned long long set;
	unsigned int id[4];
	char *end;

	if (!strncmp(line, "CapInh:", 7) || !strncmp(line, "CapPrm:", 7) ||
	    !strncmp(line, "CapEff:", 7)) {
		set = strtoull(line + 7, NULL, 16);
		return set != 0;
	}
	if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4))
		return sscanf(line + 4, "%u %u %u %u", id, id + 1, id + 2, id + 3) != 4 ||
		       id[0] != USER || id[1] != USER || id[2] != USER || id[3] != USER;
	if (strncmp(line, "Groups:", 7))
		return false;
	for (line += 7; ; line = end) {
		set = strtoull(line, &end, 10);
		if (end == line)
			return false;
		if (set != USER)
			return true;
	}
}

static void check_rights(pid_t pid, struct result *result)
{
	char path[64], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (is_right(line))
			find(result, "gained: task %d has %s", (int)pid, line);
	}
	if (file)
		fclose(file);
}

static void check_all_rights(struct result *result)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	pid_t pid;

	if (!folder)
		stop("/proc");
	while ((entry = readdir(folder))) {
		pid = atoi(entry->d_name);
		if (pid > 1)
			check_rights(pid, result);
	}
	closedir(folder);
}

/* Who is there still: in which state, and where in the kernel. */
static void describe_left(struct result *result)
{
	DIR *folder = opendir("/proc");
	char path[64], line[160] = "";
	struct dirent *entry;
	FILE *file;
	pid_t pid;

	while (folder && (entry = readdir(folder))) {
		pid = atoi(entry->d_name);
		if (pid <= 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		file = fopen(path, "re");
		if (file && fgets(line, 60, file))
			find(result, "stuck: killed, and there still: %s", line);
		if (file)
			fclose(file);
	}
	if (folder)
		closedir(folder);
}

static volatile sig_atomic_t late;

static void note_late(int number)
{
	(void)number;
	late = 1;
}

/* Nobody else is in the namespace: all of it goes. */
static void kill_all(struct result *result)
{
	struct sigaction action = { .sa_handler = note_late };

	sigaction(SIGALRM, &action, NULL);
	late = 0;
	alarm(DEATH_SECONDS);
	do {
		kill(-1, SIGKILL);
		while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD)
			break;
	} while (!late);
	alarm(0);
	if (late)
		describe_left(result);
}

struct result attempt(const struct trial *trial)
{
	bool tree = has_tree(&trial->entry->image);
	struct result result = { .outcome = LATE };
	struct pollfd poll_report;
	siginfo_t ended = { .si_pid = 0 };
	struct said said;
	int report[2], image, times = -1;
	ssize_t got = -1;
	pid_t child;

	image = image_file(trial->bytes);
	if (trial->failing)
		fail_nth(trial->failing, tree);
	if (pipe2(report, O_CLOEXEC) < 0)
		stop("fuzz: a pipe");
	child = fork();
	if (child < 0)
		stop("fuzz: a process");
	if (!child) {
		close(report[0]);
		/* Of a tree the tasks are hit, which only root may ask for. */
		if (tree && trial->failing)
			restart_tree(trial, image, report[1]);
		if (trial->failing) {
			times = fail_later();
			be_hit();
		}
		become(trial);
		if (tree)
			restart_tree(trial, image, report[1]);
		if (trial->failing)
			fail_exactly(times);
		restart_alone(trial, image, report[1]);
	}
	close(report[1]);
	poll_report = (struct pollfd){ report[0], POLLIN, 0 };
	if (poll(&poll_report, 1, tree ? TREE_MS : KERNEL_MS) > 0)
		got = read(report[0], &said, sizeof(said));
	if (got == (ssize_t)sizeof(said)) {
		result.outcome = said.outcome;
		result.error = said.error;
	} else if (!got) {
		/* It closes its end as it comes back, and then it may run into anything. */
		waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT);
		result.outcome = tree ? UNMADE : ended.si_pid ? DIED : RESTARTED;
	}
	if (result.outcome == GAINED)
		find(&result, "gained: refused, and may do more than before");
	if (trial->as_user && result.outcome != REFUSED && !(tree && trial->failing))
		check_all_rights(&result);
	close(report[0]);
	close(image);
	if (trial->failing)
		result.hit = fail_none();
	kill_all(&result);
	return result;
}
