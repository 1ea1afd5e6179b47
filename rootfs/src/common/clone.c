// SPDX-License-Identifier: GPL-2.0
/* Children on stacks of their own; only programs for x86 have any. */
#if defined(__x86_64__) || defined(__i386__)
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clone.h"

#ifdef __i386__
static long call(long number, long a, long b, long c, long d, long e)
{
	long result;

	__asm__ volatile("int $0x80\n\t"
			 "test %%eax, %%eax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "pop %%eax\n\t"
			 "pop %%ecx\n\t"
			 "and $-16, %%esp\n\t"
			 "sub $12, %%esp\n\t"
			 "push %%ecx\n\t"
			 "call *%%eax\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return result;
}
#else
static long call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "pop %%rax\n\t"
			 "pop %%rdi\n\t"
			 "call *%%rax\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#endif

pid_t call_on_stack(long number, long a, long b, long c, long d, long e)
{
	long result = call(number, a, b, c, d, e);

	if (result >= 0)
		return (pid_t)result;
	errno = (int)-result;
	return -1;
}

/* What the child finds on its stack, from its end downwards. */
struct beginning {
	void (*start)(struct beginning *own);
	struct beginning *own;
	int (*run)(void *arg);
	void *arg;
};

static void begin(struct beginning *own)
{
	/* Of this task alone, where _exit would end its thread group. */
	syscall(SYS_exit, own->run(own->arg));
	__builtin_unreachable();
}

pid_t clone_to(int (*run)(void *arg), void *stack_end, unsigned long flags, void *arg,
	       volatile pid_t *tid)
{
	struct beginning *own = (struct beginning *)stack_end - 1;

	own->start = begin;
	own->own = own;
	own->run = run;
	own->arg = arg;
#ifdef __i386__
	/* Its thread area comes first. */
	return call_on_stack(SYS_clone, (long)flags, (long)own, 0, 0, (long)tid);
#else
	return call_on_stack(SYS_clone, (long)flags, (long)own, 0, (long)tid, 0);
#endif
}
#endif
