// SPDX-License-Identifier: GPL-2.0
/* Registers of x86-64. */
#ifdef __x86_64__
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "registers.h"

/* Of asm/prctl.h, which musl lacks. */
#define ARCH_SET_GS	0x1001
#define ARCH_GET_FS	0x1003
#define ARCH_GET_GS	0x1004

const char *const register_names[GENERAL_REGISTERS] = {
	"rbx", "rbp", "r12", "r13", "r14", "r15", "r8", "r9", "r10",
	"rdi", "rsi", "rdx", "rsp",
};

_Static_assert(offsetof(struct registers, flags) == 104, "self_call knows");
_Static_assert(offsetof(struct registers, xmm) == 112, "self_call knows");
_Static_assert(offsetof(struct registers, mxcsr) == 368, "self_call knows");

__asm__(
	".text\n"
	".globl self_call\n"
	"self_call:\n"
	"	push	%rbx\n"
	"	push	%rbp\n"
	"	push	%r12\n"
	"	push	%r13\n"
	"	push	%r14\n"
	"	push	%r15\n"
	"	mov	%rsp, self_stack(%rip)\n"
	"	mov	%rdx, self_store(%rip)\n"
	"	stmxcsr	self_mxcsr(%rip)\n"
	"	fnstcw	self_control_word(%rip)\n"
	"	mov	%rdi, %rax\n"
	"	mov	%rsi, %r11\n"
	"	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	movups	112+16*\\n(%r11), %xmm\\n\n"
	"	.endr\n"
	"	ldmxcsr	368(%r11)\n"
	"	fldcw	372(%r11)\n"
	"	mov	0(%r11), %rbx\n"
	"	mov	8(%r11), %rbp\n"
	"	mov	16(%r11), %r12\n"
	"	mov	24(%r11), %r13\n"
	"	mov	32(%r11), %r14\n"
	"	mov	40(%r11), %r15\n"
	"	mov	48(%r11), %r8\n"
	"	mov	56(%r11), %r9\n"
	"	mov	64(%r11), %r10\n"
	"	mov	72(%r11), %rdi\n"
	"	mov	80(%r11), %rsi\n"
	"	mov	88(%r11), %rdx\n"
	"	mov	96(%r11), %rsp\n"
	"	pushq	104(%r11)\n"
	"	popfq\n"
	"	syscall\n"
	"	mov	self_store(%rip), %r11\n"
	"	mov	%rbx, 0(%r11)\n"
	"	mov	%rbp, 8(%r11)\n"
	"	mov	%r12, 16(%r11)\n"
	"	mov	%r13, 24(%r11)\n"
	"	mov	%r14, 32(%r11)\n"
	"	mov	%r15, 40(%r11)\n"
	"	mov	%r8, 48(%r11)\n"
	"	mov	%r9, 56(%r11)\n"
	"	mov	%r10, 64(%r11)\n"
	"	mov	%rdi, 72(%r11)\n"
	"	mov	%rsi, 80(%r11)\n"
	"	mov	%rdx, 88(%r11)\n"
	"	mov	%rsp, 96(%r11)\n"
	"	pushfq\n"
	"	popq	104(%r11)\n"
	"	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	movups	%xmm\\n, 112+16*\\n(%r11)\n"
	"	.endr\n"
	"	stmxcsr	368(%r11)\n"
	"	fnstcw	372(%r11)\n"
	"	cld\n"
	"	ldmxcsr	self_mxcsr(%rip)\n"
	"	fldcw	self_control_word(%rip)\n"
	"	mov	self_stack(%rip), %rsp\n"
	"	pop	%r15\n"
	"	pop	%r14\n"
	"	pop	%r13\n"
	"	pop	%r12\n"
	"	pop	%rbp\n"
	"	pop	%rbx\n"
	"	ret\n");

uint64_t self_stack, self_store;
uint32_t self_mxcsr;
uint16_t self_control_word;

static unsigned long fs_base;

void find_registers(void)
{
	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
}

bool has_vectors(void)
{
	return true;
}

void take_segment(unsigned long *word)
{
	syscall(SYS_arch_prctl, ARCH_SET_GS, word);
}

const char *wrong_segment(const unsigned long *word)
{
	unsigned long base = 0, found = 0;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
	if (base != fs_base)
		return "fs";
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	if (base != (unsigned long)word)
		return "gs";
	/* The processor's word for it, not the kernel's. */
	__asm__ volatile("mov %%gs:0, %0" : "=r"(found));
	return found == *word ? NULL : "gs-segment";
}
#endif
