// SPDX-License-Identifier: GPL-2.0
/* The kernel's switches, marks on its console, and its end. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

int sysctl_command(struct json *out, int argc, char **argv)
{
	char path[PATH_MAX], text[4096], *dot;

	if (argc < 2 || argc > 3)
		return misuse(out, "sysctl takes a NAME and perhaps a VALUE");
	snprintf(path, sizeof(path), "/proc/sys/%s", argv[1]);
	for (dot = path + strlen("/proc/sys/"); *dot; dot++)
		if (*dot == '.')
			*dot = '/';
	if (argc == 3 && write_text(path, argv[2]) < 0)
		return fail(out, argv[1]);
	if (read_text(path, text, sizeof(text)) < 0)
		return fail(out, argv[1]);
	text[strcspn(text, "\n")] = '\0';
	json_text(out, "value", text);
	return DONE;
}

/* A line of ours on the kernel's console, at level "notice". */
int mark_command(struct json *out, int argc, char **argv)
{
	char line[1024], *newline;

	if (argc != 2)
		return misuse(out, "mark takes a TEXT");
	for (newline = argv[1]; *newline; newline++)
		if (*newline == '\n' || *newline == '\r')
			*newline = ' ';
	snprintf(line, sizeof(line) - 1, "<5>lab: %s", argv[1]);
	strcat(line, "\n");
	if (write_text("/dev/kmsg", line) < 0)
		return fail(out, "/dev/kmsg");
	return DONE;
}

int ping_command(struct json *out, int argc, char **argv)
{
	(void)argv;
	return argc == 1 ? DONE : misuse(out, "ping takes no arguments");
}

/* Init does it, see init.c. */
int poweroff_command(struct json *out, int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return misuse(out, "poweroff takes no arguments");
	return kill(1, SIGTERM) < 0 ? fail(out, "signalling init") : DONE;
}
