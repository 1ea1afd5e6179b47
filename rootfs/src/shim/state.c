// SPDX-License-Identifier: GPL-2.0
/* What /proc says of a task, signals, and being its tracer. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

/* How long what was killed may take to go. */
#define GONE_MS		10000

static bool parse_pid(int argc, char **argv, int count, long long *pid)
{
	return argc == count && parse_number(argv[1], pid);
}

static void report_field(struct json *out, const char *name, const char *status,
			 const char *label)
{
	const char *line = strstr(status, label);

	if (line)
		json_number(out, name, atoll(line + strlen(label)));
}

int state_command(struct json *out, int argc, char **argv)
{
	char path[64], stat[1024], status[4096], letter[2] = "";
	const char *open, *close;
	long long pid;

	if (!parse_pid(argc, argv, 2, &pid))
		return misuse(out, "state takes a PID");
	json_number(out, "pid", pid);
	snprintf(path, sizeof(path), "/proc/%lld/stat", pid);
	if (read_text(path, stat, sizeof(stat)) <= 0)
		goto gone;
	snprintf(path, sizeof(path), "/proc/%lld/status", pid);
	if (read_text(path, status, sizeof(status)) <= 0)
		goto gone;
	/* The name may hold anything, parentheses too. */
	open = strchr(stat, '(');
	close = strrchr(stat, ')');
	if (!open || !close || close < open)
		goto gone;
	json_bool(out, "exists", true);
	letter[0] = close[2];
	json_text(out, "state", letter);
	report_field(out, "ppid", status, "\nPPid:\t");
	report_field(out, "tracer", status, "\nTracerPid:\t");
	report_field(out, "uid", status, "\nUid:\t");
	report_field(out, "threads", status, "\nThreads:\t");
	json_bytes(out, "comm", open + 1, (size_t)(close - open - 1));
	report_freezer(out, (pid_t)pid);
	return DONE;
gone:
	json_bool(out, "exists", false);
	return DONE;
}

/*
 * Whether a killed task is gone, or for a negative number its group: zombies
 * are not. They may be init's to reap, of which serve hears nothing; it takes
 * them a moment.
 */
bool await_gone(pid_t pid)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	int64_t deadline = now_us() + GONE_MS * 1000;

	while (kill(pid, 0) == 0 || errno != ESRCH) {
		if (now_us() > deadline)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

int gone_command(struct json *out, int argc, char **argv)
{
	bool gone = true;
	long long pid;
	int i;

	for (i = 1; i < argc; i++) {
		if (!parse_number(argv[i], &pid) || pid <= 0)
			return misuse(out, "gone takes PIDs");
		gone = gone && await_gone((pid_t)pid);
	}
	json_bool(out, "gone", gone);
	return DONE;
}

/* All tasks' pids, and one that no task, thread, group or session has. */
int pids_command(struct json *out, int argc, char **argv)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	long long pid, unused;
	char most[32] = "";

	(void)argv;
	if (argc != 1)
		return misuse(out, "pids takes no arguments");
	if (!folder)
		return fail(out, "/proc");
	json_open(out, "pids", '[');
	while ((entry = readdir(folder)))
		if (parse_number(entry->d_name, &pid))
			json_number(out, NULL, pid);
	closedir(folder);
	json_close(out, ']');
	/* One that a task might have: small kernels end at 4096. */
	if (read_text("/proc/sys/kernel/pid_max", most, sizeof(most)) <= 0)
		return fail(out, "pid_max");
	unused = atoll(most) - 1;
	while (kill((pid_t)unused, 0) == 0 || kill((pid_t)-unused, 0) == 0 ||
	       errno != ESRCH || getsid((pid_t)unused) >= 0)
		unused--;
	json_number(out, "unused", unused);
	return DONE;
}

int signal_command(struct json *out, int argc, char **argv)
{
	long long pid;
	int number, ret;

	if (!parse_pid(argc, argv, 3, &pid))
		return misuse(out, "signal takes a PID and a signal");
	number = signal_number(argv[2]);
	if (number < 0)
		return misuse(out, "no such signal");
	ret = kill((pid_t)pid, number);
	json_number(out, "ret", ret);
	json_text(out, "errno", ret < 0 ? errno_name(errno) : NULL);
	return DONE;
}

/*
 * Attaches. serve keeps this process for as long as the task is to be traced:
 * its end detaches. A frozen task does not stop before it is thawed, so only
 * --wait waits for the stop, and --run lets it run on after that.
 */
int ptrace_command(struct json *out, int argc, char **argv)
{
	bool wait = false, run = false;
	int status = 0;
	long long pid;
	long ret;
	struct option options[] = {
		{ "wait", OPTION_FLAG, &wait },
		{ "run", OPTION_FLAG, &run },
	};

	if (parse_options(out, options, 2, &argc, argv))
		return MISUSED;
	if (!parse_pid(argc, argv, 2, &pid))
		return misuse(out, "ptrace takes a PID");
	ret = ptrace(PTRACE_ATTACH, (pid_t)pid, NULL, NULL);
	json_number(out, "pid", pid);
	json_number(out, "ret", ret);
	json_text(out, "errno", ret < 0 ? errno_name(errno) : NULL);
	json_number(out, "tracer", getpid());
	if (ret < 0)
		return DONE;
	linger = true;
	if ((wait || run) && waitpid((pid_t)pid, &status, __WALL) < 0)
		return fail(out, "waiting for the stop");
	json_bool(out, "stopped", WIFSTOPPED(status) && !run);
	if (run && ptrace(PTRACE_CONT, (pid_t)pid, NULL, NULL) < 0)
		return fail(out, "letting it run on");
	return DONE;
}
