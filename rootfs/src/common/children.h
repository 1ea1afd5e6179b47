/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <sys/types.h>

/*
 * The first child of a process, by its pid in our namespace, which the process
 * itself may not know; -1 if it has none.
 */
pid_t first_child(pid_t parent);

/* A process's parent, -1 if there is no such process. */
pid_t parent_of(pid_t pid);

#endif
