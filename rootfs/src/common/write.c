// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <unistd.h>

#include "write.h"

bool write_all(int fd, const void *data, size_t length)
{
	const char *next = data;
	ssize_t n;

	while (length) {
		n = write(fd, next, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		next += n;
		length -= (size_t)n;
	}
	return true;
}
