/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <sys/types.h>

/*
 * The first child of a process, by its pid in our namespace, which the process
 * itself may not know; -1 if it has none.
 */
pid_t first_child(pid_t parent);

#endif
