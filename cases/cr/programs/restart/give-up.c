// SPDX-License-Identifier: GPL-2.0
/* The end of the tool where it can't go on: why, and nothing is left of it. */
#include <stdio.h>
#include <stdlib.h>

#include "common/names.h"
#include "restart.h"

static void (*undo)(void);

void undo_by(void (*function)(void))
{
	undo = function;
}

void give_up(int status, const char *what, int error)
{
	if (error)
		fprintf(stderr, "restart: %s: %s\n", what, errno_name(error));
	else
		fprintf(stderr, "restart: %s\n", what);
	if (undo)
		undo();
	exit(status);
}
