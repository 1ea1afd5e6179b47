// SPDX-License-Identifier: GPL-2.0
/* What the shim can do. */
#include <stdio.h>
#include <string.h>

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
