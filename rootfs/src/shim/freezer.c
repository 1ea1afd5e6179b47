// SPDX-License-Identifier: GPL-2.0
/*
 * Freezing tasks by control group: version 1's freezer, or version 2's
 * cgroup.freeze where the kernel has it.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

#define MAX_THREADS	4096
#define DEADLINE_MS	5000

struct freezer {
	char folder[PATH_MAX];
	const char *name;	/* within folder: "/lab-12" */
	bool unified;
};

static const char *const files[2][3] = {
	{ "tasks", "freezer.state", "freezer.state" },
	{ "cgroup.procs", "cgroup.freeze", "cgroup.events" },
};
enum { MEMBERS, WANTED, STATE };

static const char *path_in(const struct freezer *group, int file)
{
	static char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", group->folder,
		 files[group->unified][file]);
	return path;
}

static void set_group(struct freezer *group, bool unified, const char *name)
{
	const char *root = unified ? UNIFIED : FREEZER;

	group->unified = unified;
	snprintf(group->folder, sizeof(group->folder), "%s%s", root, name);
	group->name = group->folder + strlen(root);
}

/* Reads a /proc/.../cgroup file; false if that is in no group but the root. */
static bool read_group(const char *path, struct freezer *group)
{
	char text[4096], *line, *name, *rest = text;
	bool unified, found = false;

	if (read_text(path, text, sizeof(text)) < 0)
		return false;
	while ((line = strsep(&rest, "\n"))) {
		unified = !strncmp(line, "0::", 3);
		name = unified ? line + 2 : strstr(line, ":freezer:");
		if (!name)
			continue;
		name = strrchr(name, ':') + 1;
		if (!strcmp(name, "/"))
			continue;
		set_group(group, unified, name);
		found = true;
	}
	return found;
}

/*
 * Finds the group that a task can be frozen in; false if it is in none. A
 * leader that has exited is in none, though its threads may be.
 */
static bool find_group(pid_t pid, struct freezer *group)
{
	struct dirent *entry;
	bool found;
	char path[300];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	found = read_group(path, group);
	if (found)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	folder = opendir(path);
	while (folder && !found && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/cgroup", pid,
			 entry->d_name);
		found = read_group(path, group);
	}
	if (folder)
		closedir(folder);
	return found;
}

/* Returns "THAWED", "FREEZING", "FROZEN" or NULL. */
static const char *state_of(const struct freezer *group)
{
	static char text[256];
	bool wanted;

	if (read_text(path_in(group, WANTED), text, sizeof(text)) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	if (!group->unified)
		return text;
	wanted = text[0] == '1';
	if (read_text(path_in(group, STATE), text, sizeof(text)) < 0)
		return NULL;
	if (strstr(text, "frozen 1"))
		return "FROZEN";
	return wanted ? "FREEZING" : "THAWED";
}

/* A turn for the tasks that are to freeze; after some turns, a tick. */
static void give_way(int turn)
{
	static const struct timespec tick = { .tv_nsec = 1000000 };

	if (turn < 64)
		sched_yield();
	else
		nanosleep(&tick, NULL);
}

/*
 * Asks for a state until the group says it has it. Version 1 has no event for
 * this. 2.6.30 moreover gives up on freezing when it is asked for the state
 * before the first task is frozen, and says EBUSY when a task cannot be frozen
 * yet; both times asking again is what helps. A thaw that is refused stays so.
 */
static const char *reach(const struct freezer *group, bool frozen, int64_t ms)
{
	static const char *const words[2][2] = {
		{ "THAWED", "FROZEN" }, { "0", "1" },
	};
	int64_t deadline = now_us() + ms * 1000;
	const char *state;
	int turn;

	for (turn = 0;; turn++) {
		if (write_text(path_in(group, WANTED),
			       words[group->unified][frozen]) < 0 &&
		    !(frozen && errno == EBUSY))
			return NULL;
		give_way(turn);
		state = state_of(group);
		if (!state || !strcmp(state, words[0][frozen]) ||
		    now_us() > deadline)
			return state;
	}
}

static int make_group(struct freezer *group, bool unified, const char *name)
{
	char with_slash[128];

	if (strchr(name, '/') || *name == '.' || strlen(name) > 100) {
		errno = EINVAL;
		return -1;
	}
	snprintf(with_slash, sizeof(with_slash), "/%s", name);
	set_group(group, unified, with_slash);
	return mkdir(group->folder, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

static int add_task(const struct freezer *group, pid_t task)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", task);
	return write_text(path_in(group, MEMBERS), number);
}

/*
 * Version 1 moves single threads: goes over them until a pass moves none that
 * the pass before did not. A thread that is exiting cannot be moved.
 */
static int add_threads(const struct freezer *group, pid_t pid)
{
	pid_t seen[MAX_THREADS], tid;
	int i, count = 0, before, moved = 0;
	struct dirent *entry;
	char path[64];
	DIR *folder;

	if (group->unified)
		return add_task(group, pid);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	do {
		before = count;
		folder = opendir(path);
		if (!folder) {
			errno = ESRCH;
			return -1;
		}
		while ((entry = readdir(folder)) && count < MAX_THREADS) {
			tid = atoi(entry->d_name);
			for (i = 0; i < count && seen[i] != tid; i++)
				;
			if (tid <= 0 || i < count)
				continue;
			seen[count++] = tid;
			if (add_task(group, tid) == 0)
				moved++;
			else if (errno != ESRCH)
				break;
		}
		closedir(folder);
		if (entry)
			return -1;
	} while (count > before);
	errno = ESRCH;
	return moved ? 0 : -1;
}

static void report(struct json *out, const struct freezer *group,
		   const char *state, const char *wanted, int64_t since)
{
	json_text(out, "group", group->name);
	json_text(out, "state", state);
	json_bool(out, "timeout", !state || strcmp(state, wanted));
	json_number(out, "us", now_us() - since);
}

static int check_pids(struct json *out, int argc, char **argv)
{
	long long pid;
	int i;

	if (argc < 2)
		return misuse(out, "a PID is missing");
	for (i = 1; i < argc; i++)
		if (!parse_number(argv[i], &pid) || pid <= 0 || pid > INT_MAX)
			return misuse(out, "a PID is a positive number");
	return DONE;
}

int freeze_command(struct json *out, int argc, char **argv)
{
	long long timeout = DEADLINE_MS;
	const char *name = NULL, *state;
	int64_t since = now_us();
	char default_name[32];
	struct freezer group;
	bool unified = false;
	int i;
	struct option options[] = {
		{ "group", OPTION_TEXT, &name },
		{ "timeout", OPTION_NUMBER, &timeout },
		{ "v2", OPTION_FLAG, &unified },
	};

	if (parse_options(out, options, 3, &argc, argv))
		return MISUSED;
	if (check_pids(out, argc, argv))
		return MISUSED;
	snprintf(default_name, sizeof(default_name), "lab-%s", argv[1]);
	if (make_group(&group, unified, name ? name : default_name) < 0)
		return fail(out, "making the group");
	for (i = 1; i < argc; i++) {
		if (add_threads(&group, atoi(argv[i])) < 0)
			return fail(out, "moving the task");
	}
	state = reach(&group, true, timeout);
	if (!state)
		return fail(out, group.folder);
	report(out, &group, state, "FROZEN", since);
	return DONE;
}

int thaw_command(struct json *out, int argc, char **argv)
{
	long long timeout = DEADLINE_MS;
	int64_t since = now_us();
	const char *state = NULL;
	struct freezer group;
	int i;
	struct option options[] = {
		{ "timeout", OPTION_NUMBER, &timeout },
	};

	if (parse_options(out, options, 1, &argc, argv))
		return MISUSED;
	if (check_pids(out, argc, argv))
		return MISUSED;
	for (i = 1; i < argc; i++) {
		if (!find_group(atoi(argv[i]), &group)) {
			errno = ESRCH;
			return fail(out, "finding the task's group");
		}
		state = reach(&group, false, timeout);
		if (!state)
			return fail(out, group.folder);
	}
	report(out, &group, state, "THAWED", since);
	return DONE;
}

/* For a task that has been killed: frozen, it would not notice. */
void thaw_task(pid_t pid)
{
	struct freezer group;

	if (find_group(pid, &group))
		reach(&group, false, 0);
}

/* Calls `act`, if there is one, for all tasks of a session; returns how many. */
static int each_of_session(pid_t session, void (*act)(pid_t pid))
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	int count = 0;
	pid_t pid;

	while (folder && (entry = readdir(folder))) {
		pid = atoi(entry->d_name);
		if (pid <= 0 || getsid(pid) != session)
			continue;
		count++;
		if (act)
			act(pid);
	}
	if (folder)
		closedir(folder);
	return count;
}

/* The same for all tasks of a session. */
void thaw_session(pid_t session)
{
	each_of_session(session, thaw_task);
}

bool session_lives(pid_t session)
{
	return each_of_session(session, NULL) > 0;
}

void report_freezer(struct json *out, pid_t pid)
{
	struct freezer group;
	bool found = find_group(pid, &group);

	json_text(out, "group", found ? group.name : NULL);
	json_text(out, "frozenGroup", found ? state_of(&group) : NULL);
}

int frozen_command(struct json *out, int argc, char **argv)
{
	struct freezer group;
	const char *state;
	long long pid;

	if (argc != 2 || !parse_number(argv[1], &pid))
		return misuse(out, "frozen takes a PID");
	json_number(out, "pid", pid);
	if (!find_group((pid_t)pid, &group)) {
		json_null(out, "group");
		json_null(out, "state");
		return DONE;
	}
	state = state_of(&group);
	json_text(out, "group", group.name);
	json_text(out, "state", state);
	return DONE;
}
