/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WRITE_H
#define WRITE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes all of it, however often that takes; false, and errno, if it can't. */
bool write_all(int fd, const void *data, size_t length);

#endif
