// SPDX-License-Identifier: GPL-2.0
/*
 * tally WORD...: writes each word to /proc/tally, and says what came of it:
 * `WORD ok`, or `WORD` and the error's name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *name_of(int error)
{
	switch (error) {
	case EINVAL:
		return "EINVAL";
	case ENOENT:
		return "ENOENT";
	case ENOSPC:
		return "ENOSPC";
	default:
		return strerror(error);
	}
}

int main(int argc, char **argv)
{
	int fd = open("/proc/tally", O_WRONLY);
	int i;

	if (fd < 0) {
		perror("/proc/tally");
		return 1;
	}
	for (i = 1; i < argc; i++) {
		size_t length = strlen(argv[i]);

		if (write(fd, argv[i], length) == (ssize_t)length)
			printf("%s ok\n", argv[i]);
		else
			printf("%s %s\n", argv[i], name_of(errno));
	}
	return 0;
}
