// SPDX-License-Identifier: GPL-2.0
/*
 * shim: makes the raw system calls under test, and what a test needs around
 * them, and answers with one line of JSON. `shim COMMAND ...` does one thing;
 * `shim serve` does what it is told on its standard input.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"

const struct command commands[] = {
	{ "checkpoint", "--pid N (--out FILE | --fd N | --pipe | ...) --flags F",
	  checkpoint_command, false },
	{ "restart", "--in FILE [--pid N] --flags F", restart_command, false },
	{ "repeat", "N [--create-each] -- checkpoint|restart ...",
	  repeat_command, false },
	{ "clone", "[--pids A,B,...] ...", clone_command, false },
	{ "freeze", "PID... [--group NAME] [--v2] [--timeout MS]",
	  freeze_command, false },
	{ "thaw", "PID... [--timeout MS]", thaw_command, false },
	{ "frozen", "PID", frozen_command, true },
	{ "state", "PID", state_command, true },
	{ "facts", "PID...", facts_command, false },
	{ "gone", "PID...", gone_command, false },
	{ "pids", "", pids_command, true },
	{ "ptrace", "PID [--wait] [--run]", ptrace_command, false },
	{ "signal", "PID SIGNAL", signal_command, true },
	{ "read", "FILE [--offset N] [--length N]", read_command, false },
	{ "write", "FILE DATA [--base64] [--append] [--offset N]",
	  write_command, false },
	{ "stat", "FILE", stat_command, false },
	{ "rm", "PATH", rm_command, false },
	{ "mkdir", "DIR [--mode OCTAL]", mkdir_command, false },
	{ "mount", "TYPE SOURCE DIR [OPTIONS]", mount_command, false },
	{ "umount", "DIR", umount_command, false },
	{ "disk", "ext2|ext3|ext4 KIB FILE DIR", disk_command, false },
	{ "slabs", "[NAME...]", slabs_command, false },
	{ "sysctl", "NAME [VALUE]", sysctl_command, false },
	{ "mark", "TEXT", mark_command, true },
	{ "ping", "", ping_command, true },
	{ "poweroff", "", poweroff_command, true },
	{ NULL, NULL, NULL, false },
};

const struct command *find_command(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

int fail(struct json *out, const char *what)
{
	int error = errno;
	char why[256];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(error));
	json_text(out, "error", why);
	json_text(out, "errno", errno_name(error));
	return FAILED;
}

int misuse(struct json *out, const char *why)
{
	json_text(out, "usage", why);
	return MISUSED;
}

int run_command(struct json *out, int argc, char **argv)
{
	const struct command *command = find_command(argv[0]);
	char why[160];

	json_text(out, "cmd", argv[0]);
	if (command)
		return command->run(out, argc, argv);
	snprintf(why, sizeof(why), "no such command: %.100s", argv[0]);
	return misuse(out, why);
}

static int list_commands(void)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		fprintf(stderr, "shim %s %s\n", command->name,
			command->arguments);
	fprintf(stderr, "shim serve\n");
	return MISUSED;
}

int main(int argc, char **argv)
{
	const char *line;
	struct json out;
	size_t length;
	int status;

	if (argc < 2 || !strcmp(argv[1], "--help"))
		return list_commands();
	if (!strcmp(argv[1], "serve"))
		return serve();
	json_begin(&out);
	status = run_command(&out, argc - 1, argv + 1);
	line = json_finish(&out, &length);
	if (write(STDOUT_FILENO, line, length) != (ssize_t)length)
		return FAILED;
	return status;
}
