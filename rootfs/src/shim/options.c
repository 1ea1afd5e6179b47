// SPDX-License-Identifier: GPL-2.0
/* Options anywhere among a command's arguments, up to a lone "--". */
#include <stdio.h>
#include <string.h>

#include "shim.h"

static const struct option *find_option(const struct option *options,
					size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

/*
 * Takes the options out of argv; what is left are the command's name and its
 * arguments. Returns DONE or MISUSED.
 */
int parse_options(struct json *out, const struct option *options, size_t count,
		  int *argc, char **argv)
{
	const struct option *option;
	int i, kept = 1;
	char why[128];

	for (i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (strncmp(argv[i], "--", 2)) {
			argv[kept++] = argv[i];
			continue;
		}
		option = find_option(options, count, argv[i] + 2);
		snprintf(why, sizeof(why), "%s %s", argv[i],
			 option ? "needs a value" : "is not an option");
		if (!option || (option->kind != OPTION_FLAG && i + 1 == *argc))
			return misuse(out, why);
		if (option->kind == OPTION_FLAG) {
			*(bool *)option->value = true;
			continue;
		}
		i++;
		if (option->kind == OPTION_TEXT) {
			*(const char **)option->value = argv[i];
		} else if (!parse_number(argv[i], option->value)) {
			snprintf(why, sizeof(why), "--%s takes a number",
				 option->name);
			return misuse(out, why);
		}
	}
	for (; i < *argc; i++)
		argv[kept++] = argv[i];
	*argc = kept;
	argv[kept] = NULL;
	return DONE;
}
