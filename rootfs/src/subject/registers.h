/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers of the processor that programs run on, and a system call with
 * each of them known: what `self` compares.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __x86_64__
#define GENERAL_REGISTERS	13
#define FIRST_ARGUMENT		9
#define VECTOR_REGISTERS	16
#else
#define GENERAL_REGISTERS	7
#define FIRST_ARGUMENT		0
#define VECTOR_REGISTERS	8
#endif

/* Of a system call: the second and third are the next ones. */
#define ARGUMENT(n)		(FIRST_ARGUMENT + (n))

/* The last of the general ones. */
#define STACK_POINTER		(GENERAL_REGISTERS - 1)

struct registers {
	unsigned long general[GENERAL_REGISTERS];
	unsigned long flags;
	unsigned char xmm[VECTOR_REGISTERS][16];
	uint32_t mxcsr;
	uint16_t control_word, padding;
};

extern const char *const register_names[GENERAL_REGISTERS];

/*
 * Loads registers, makes the system call, and stores the registers as they are
 * after it. A restart comes back after the call that saved the task, which
 * is the same place; where the C stack is and where to store the registers is
 * not in any register, so it is the last caller who gets the answer.
 */
long self_call(long nr, const struct registers *load, struct registers *store);

/* Before all others. */
void find_registers(void);

/* There are processors of i386 without xmm and mxcsr. */
bool has_vectors(void);

/* Makes the segment that C does not use begin at `word`. */
void take_segment(unsigned long *word);

/* Which segment is not as it should be: C's own, or the one that begins there? */
const char *wrong_segment(const unsigned long *word);

#endif
