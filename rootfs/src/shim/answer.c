// SPDX-License-Identifier: GPL-2.0
/* An answer: whose it is, what it says where a command fails, and its way out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/write.h"
#include "shim.h"

bool linger;
/* False once nobody reads the standard output any more. */
static bool listened = true;

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

void begin_answer(struct json *out, const char *id)
{
	long long number;

	json_begin(out);
	if (strspn(id, "0123456789") == strlen(id) && parse_number(id, &number) &&
	    (*id != '0' || !id[1]))
		json_number(out, "id", number);
	else
		json_text(out, "id", id);
}

/* What waitpid said of a task: its exit status or the signal that ended it. */
void report_end(struct json *out, int status)
{
	if (WIFEXITED(status))
		json_number(out, "status", WEXITSTATUS(status));
	else
		json_null(out, "status");
	json_text(out, "signal",
		  WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL);
}

void send_line(struct json *out)
{
	size_t length;
	const char *line = json_finish(out, &length);

	listened = listened && write_all(STDOUT_FILENO, line, length);
	json_free(out);
}

bool anybody_listens(void)
{
	return listened;
}
