// SPDX-License-Identifier: GPL-2.0
/* Registers of i386, where C has gs for itself and fs is free. */
#ifdef __i386__
#include <cpuid.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "registers.h"

const char *const register_names[GENERAL_REGISTERS] = {
	"ebx", "ecx", "edx", "esi", "edi", "ebp", "esp",
};

_Static_assert(offsetof(struct registers, flags) == 28, "self_call knows");
_Static_assert(offsetof(struct registers, xmm) == 32, "self_call knows");
_Static_assert(offsetof(struct registers, mxcsr) == 160, "self_call knows");

__asm__(
	".text\n"
	".globl self_call\n"
	"self_call:\n"
	"	push	%ebx\n"
	"	push	%esi\n"
	"	push	%edi\n"
	"	push	%ebp\n"
	"	mov	%esp, self_stack\n"
	"	mov	28(%esp), %eax\n"
	"	mov	%eax, self_store\n"
	"	mov	20(%esp), %eax\n"
	"	mov	24(%esp), %ebp\n"
	"	fnstcw	self_control_word\n"
	"	fldcw	164(%ebp)\n"
	"	cmpl	$0, self_has_sse\n"
	"	je	1f\n"
	"	stmxcsr	self_mxcsr\n"
	"	.irp	n, 0,1,2,3,4,5,6,7\n"
	"	movups	32+16*\\n(%ebp), %xmm\\n\n"
	"	.endr\n"
	"	ldmxcsr	160(%ebp)\n"
	"1:	mov	0(%ebp), %ebx\n"
	"	mov	4(%ebp), %ecx\n"
	"	mov	8(%ebp), %edx\n"
	"	mov	12(%ebp), %esi\n"
	"	mov	16(%ebp), %edi\n"
	"	mov	24(%ebp), %esp\n"
	"	pushl	28(%ebp)\n"
	"	popfl\n"
	"	mov	20(%ebp), %ebp\n"
	"	int	$0x80\n"
	"	mov	%eax, self_result\n"
	"	mov	self_store, %eax\n"
	"	mov	%ebx, 0(%eax)\n"
	"	mov	%ecx, 4(%eax)\n"
	"	mov	%edx, 8(%eax)\n"
	"	mov	%esi, 12(%eax)\n"
	"	mov	%edi, 16(%eax)\n"
	"	mov	%ebp, 20(%eax)\n"
	"	mov	%esp, 24(%eax)\n"
	"	pushfl\n"
	"	popl	28(%eax)\n"
	"	fnstcw	164(%eax)\n"
	"	fldcw	self_control_word\n"
	"	cld\n"
	"	cmpl	$0, self_has_sse\n"
	"	je	2f\n"
	"	.irp	n, 0,1,2,3,4,5,6,7\n"
	"	movups	%xmm\\n, 32+16*\\n(%eax)\n"
	"	.endr\n"
	"	stmxcsr	160(%eax)\n"
	"	ldmxcsr	self_mxcsr\n"
	"2:	mov	self_result, %eax\n"
	"	mov	self_stack, %esp\n"
	"	pop	%ebp\n"
	"	pop	%edi\n"
	"	pop	%esi\n"
	"	pop	%ebx\n"
	"	ret\n");

uint32_t self_stack, self_store, self_result, self_has_sse;
uint32_t self_mxcsr;
uint16_t self_control_word;

/* Of asm/ldt.h, which musl lacks. */
struct descriptor {
	uint32_t entry, base, limit, bits;
};
#define DATA_OF_32_BITS		1
#define LIMIT_IN_PAGES		0x10
#define ANY_ENTRY		0xffffffffU

static uint32_t own_selector, own_base, entry = ANY_ENTRY;

static uint32_t gs_selector(void)
{
	uint32_t selector;

	__asm__ volatile("mov %%gs, %0" : "=r"(selector));
	return selector & 0xffff;
}

static uint32_t base_of(uint32_t selector)
{
	struct descriptor descriptor = { .entry = selector >> 3 };

	syscall(SYS_get_thread_area, &descriptor);
	return descriptor.base;
}

void find_registers(void)
{
	unsigned a, b, c, d;

	self_has_sse = __get_cpuid(1, &a, &b, &c, &d) && (d & bit_SSE);
	own_selector = gs_selector();
	own_base = base_of(own_selector);
}

bool has_vectors(void)
{
	return self_has_sse;
}

void take_segment(unsigned long *word)
{
	struct descriptor descriptor = {
		.entry = entry,
		.base = (uint32_t)word,
		.limit = 0xfffff,
		.bits = DATA_OF_32_BITS | LIMIT_IN_PAGES,
	};

	if (syscall(SYS_set_thread_area, &descriptor))
		return;
	entry = descriptor.entry;
	__asm__ volatile("mov %0, %%fs" : : "r"(entry << 3 | 3));
}

const char *wrong_segment(const unsigned long *word)
{
	unsigned long found = 0;
	uint32_t selector;

	if (gs_selector() != own_selector || base_of(own_selector) != own_base)
		return "gs";
	__asm__ volatile("mov %%fs, %0" : "=r"(selector));
	selector &= 0xffff;
	if (selector != (entry << 3 | 3) || base_of(selector) != (uint32_t)word)
		return "fs";
	/* The processor's word for it, not the kernel's. */
	__asm__ volatile("mov %%fs:0, %0" : "=r"(found));
	return found == *word ? NULL : "fs-segment";
}
#endif
