// SPDX-License-Identifier: GPL-2.0
/*
 * shim: makes the raw system calls under test, and what a test needs around
 * them, and answers with one line of JSON. `shim COMMAND ...` does one thing;
 * `shim serve` does what it is told on its standard input.
 */
#include <stdio.h>
#include <string.h>

#include "shim.h"

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
	struct json out;
	int status;

	if (argc < 2 || !strcmp(argv[1], "--help"))
		return list_commands();
	if (!strcmp(argv[1], "serve"))
		return serve();
	json_begin(&out);
	status = run_command(&out, argc - 1, argv + 1);
	send_line(&out);
	return anybody_listens() ? status : FAILED;
}
