// SPDX-License-Identifier: GPL-2.0
/* The kernel's switches, marks on its console, and its end. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <syslog.h>

#include "shim.h"

/* The kernel's own; what programs have as /dev/kmsg is init's. */
#define KERNEL_LOG	"/dev/lab-kmsg"

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

/*
 * How many lines the kernel's log has got since the last call, up to one that
 * holds `mark`, without those of level "debug", which no console shows. Returns
 * -1 if the mark is gone already, or the log can't be read.
 */
static long count_logged(const char *mark)
{
	enum { READ = 2, UNREAD = 9 };
	static char line[1024];
	static size_t used;
	static long count;
	char text[4096];
	long logged = -1;
	int i, n;

	while (klogctl(UNREAD, NULL, 0) > 0) {
		n = klogctl(READ, text, sizeof(text));
		if (n <= 0)
			return -1;
		for (i = 0; i < n; i++) {
			if (text[i] != '\n') {
				if (used < sizeof(line) - 1)
					line[used++] = text[i];
				continue;
			}
			line[used] = '\0';
			used = 0;
			/* "<12>": a facility, and in the last three bits the level. */
			if ((atoi(line + 1) & 7) < LOG_DEBUG)
				count++;
			if (!strstr(line, mark))
				continue;
			logged = count;
			count = 0;
		}
	}
	return logged;
}

/*
 * A line of ours on the kernel's console, at level "notice". Tells besides how
 * the kernel is and what it has logged since the last one.
 */
int mark_command(struct json *out, int argc, char **argv)
{
	char line[1024], tainted[32], *newline;
	long logged;

	if (argc != 2)
		return misuse(out, "mark takes a TEXT");
	for (newline = argv[1]; *newline; newline++)
		if (*newline == '\n' || *newline == '\r')
			*newline = ' ';
	snprintf(line, sizeof(line) - 1, "<5>lab: %s", argv[1]);
	strcat(line, "\n");
	if (write_text(KERNEL_LOG, line) < 0)
		return fail(out, KERNEL_LOG);
	line[strlen(line) - 1] = '\0';
	logged = count_logged(line + strlen("<5>"));
	if (logged < 0)
		json_null(out, "logged");
	else
		json_number(out, "logged", logged);
	if (read_text("/proc/sys/kernel/tainted", tainted, sizeof(tainted)) < 0)
		return fail(out, "/proc/sys/kernel/tainted");
	json_number(out, "tainted", atoll(tainted));
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
