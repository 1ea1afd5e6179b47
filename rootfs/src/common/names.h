/* SPDX-License-Identifier: GPL-2.0 */
/* Names of error numbers and signals, so that no reader needs our headers. */
#ifndef NAMES_H
#define NAMES_H

const char *errno_name(int error);	/* NULL for 0 */
const char *signal_name(int number);	/* NULL for 0 */
int signal_number(const char *name);	/* a name or a number; -1 for none */

#endif
