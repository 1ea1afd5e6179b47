// SPDX-License-Identifier: GPL-2.0
/* Seccomp's filters. */
#include <stdint.h>
#include <sys/prctl.h>

#include "subject.h"

/* Of linux/filter.h and linux/seccomp.h, which musl lacks. */
#define FILTER_MODE	2
#define RETURN_CONSTANT	0x06
#define ALLOW		0x7fff0000U
struct instruction {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t constant;
};
struct filter {
	uint16_t length;
	const struct instruction *instructions;
};

/* A filter is a filter, whatever it allows. */
int allow_all_calls(void)
{
	static const struct instruction allow = { RETURN_CONSTANT, 0, 0, ALLOW };
	static const struct filter filter = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, FILTER_MODE, &filter);
}
