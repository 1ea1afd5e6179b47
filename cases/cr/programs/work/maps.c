// SPDX-License-Identifier: GPL-2.0
/* Workloads whose state is mappings of unusual kinds, and registers. */
#include <cpuid.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "work.h"

#define PAGE	4096UL

static unsigned char *area, *other;
static const unsigned char zeros[PAGE];

static unsigned char *map(size_t length, int protection, int flags, int fd)
{
	void *memory = mmap(NULL, length, protection, flags, fd, 0);

	HOLDS(memory != MAP_FAILED);
	return memory;
}

static unsigned char *private_map(size_t pages)
{
	return map(pages * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static unsigned char *brk_at(unsigned char *end)
{
	return (unsigned char *)syscall(SYS_brk, end);
}

static void prepare_shrunk(void)
{
	area = brk_at(NULL);
	HOLDS(brk_at(area + 64 * PAGE) == area + 64 * PAGE);
	fill(area, 64 * PAGE, 9);
	HOLDS(brk_at(area + 32 * PAGE) == area + 32 * PAGE);
}

static void verify_shrunk(void)
{
	HOLDS(brk_at(NULL) == area + 32 * PAGE);
	HOLDS(filled(area, 32 * PAGE, 9));
	/* What was given back is not what comes again. */
	HOLDS(brk_at(area + 33 * PAGE) == area + 33 * PAGE);
	HOLDS(!memcmp(area + 32 * PAGE, zeros, PAGE));
}

static void prepare_remapped(void)
{
	area = private_map(5);
	fill(area, 4 * PAGE, 11);
	/* In the way, so that it has to move. */
	HOLDS(!mprotect(area + 4 * PAGE, PAGE, PROT_NONE));
	area = mremap(area, 4 * PAGE, 16 * PAGE, MREMAP_MAYMOVE);
	HOLDS(area != MAP_FAILED);
	fill(area + 8 * PAGE, PAGE, 12);
}

static void verify_remapped(void)
{
	HOLDS(filled(area, 4 * PAGE, 11));
	HOLDS(!memcmp(area + 4 * PAGE, zeros, PAGE));
	HOLDS(filled(area + 8 * PAGE, PAGE, 12));
	other = mremap(area, 16 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	HOLDS(other != MAP_FAILED && filled(other, 4 * PAGE, 11));
}

static long locked_kib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmLck: %ld kB", &kib);
	if (file)
		fclose(file);
	return kib;
}

static void prepare_locked(void)
{
	area = private_map(8);
	fill(area, 8 * PAGE, 13);
	HOLDS(!mlock(area + 2 * PAGE, 3 * PAGE));
	HOLDS(locked_kib() == 12);
}

static void verify_locked(void)
{
	HOLDS(filled(area, 8 * PAGE, 13));
	HOLDS(locked_kib() == 12);
	HOLDS(!munlock(area, 8 * PAGE) && locked_kib() == 0);
}

static void prepare_future(void)
{
	HOLDS(!mlockall(MCL_FUTURE));
}

static void verify_future(void)
{
	long before;

	/* What reads it has had its buffers mapped by now. */
	locked_kib();
	before = locked_kib();
	area = private_map(4);
	HOLDS(locked_kib() == before + 16);
}

/* Each half of a file is read in its own way. */
static void prepare_advised(void)
{
	int fd = open(own("read"), O_RDWR | O_CREAT, 0600);

	HOLDS(fd >= 0 && !ftruncate(fd, 8 * PAGE));
	area = map(8 * PAGE, PROT_READ, MAP_PRIVATE, fd);
	HOLDS(!madvise(area, 4 * PAGE, MADV_RANDOM));
	HOLDS(!madvise(area + 4 * PAGE, 4 * PAGE, MADV_SEQUENTIAL));
	close(fd);
}

/* Nothing tells a program of that: who looks into its image sees it. */
static void verify_advised(void)
{
	HOLDS(!memcmp(area + 3 * PAGE, zeros, PAGE));
}

static void prepare_zero_device(void)
{
	int fd = open("/dev/zero", O_RDWR);

	area = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	fill(area + PAGE, PAGE, 14);
	close(fd);
}

static void verify_zero_device(void)
{
	HOLDS(!memcmp(area, zeros, PAGE));
	HOLDS(filled(area + PAGE, PAGE, 14));
	area[0] = 1;
	HOLDS(!memcmp(area + 2 * PAGE, zeros, PAGE));
}

/* Neighbours that differ in their rights stay apart, hundreds of them. */
static void prepare_many_mappings(void)
{
	size_t i;

	area = private_map(400);
	for (i = 0; i < 400; i++) {
		memset(area + i * PAGE, (int)(i % 251) + 1, 64);
		if (i % 2)
			HOLDS(!mprotect(area + i * PAGE, PAGE, PROT_READ));
	}
}

static void verify_many_mappings(void)
{
	size_t i;

	for (i = 0; i < 400; i++)
		HOLDS(area[i * PAGE] == i % 251 + 1 && area[i * PAGE + 63] == i % 251 + 1 &&
		      !area[i * PAGE + 64]);
	for (i = 0; i < 400; i += 2)
		area[i * PAGE + 64] = 1;
}

/* A middle that has been given back, and a mapping at an address of our choice. */
static void prepare_holes(void)
{
	area = private_map(9);
	fill(area, 9 * PAGE, 15);
	HOLDS(!munmap(area + 3 * PAGE, 3 * PAGE));
	other = mmap((void *)0x10000000, 2 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	HOLDS(other == (void *)0x10000000);
	fill(other, 2 * PAGE, 16);
}

static void verify_holes(void)
{
	unsigned char vector[3];

	HOLDS(filled(area, 3 * PAGE, 15));
	HOLDS(filled(area + 6 * PAGE, 3 * PAGE, 15 + 6 * PAGE));
	HOLDS(mincore(area + 3 * PAGE, 3 * PAGE, vector) < 0);
	HOLDS(filled(other, 2 * PAGE, 16));
}

/* mov $42, %eax; ret */
static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

static int call_code(void)
{
	return ((int (*)(void))(uintptr_t)area)();
}

static void prepare_code(void)
{
	area = private_map(1);
	memcpy(area, code, sizeof(code));
	HOLDS(!mprotect(area, PAGE, PROT_READ | PROT_EXEC));
	HOLDS(call_code() == 42);
}

static void verify_code(void)
{
	HOLDS(call_code() == 42);
	HOLDS(!mprotect(area, PAGE, PROT_READ | PROT_WRITE));
	area[1] = 43;
	HOLDS(!mprotect(area, PAGE, PROT_READ | PROT_EXEC) && call_code() == 43);
}

static void prepare_megabytes(void)
{
	area = private_map(2048);
	fill(area, 2048 * PAGE, 17);
}

static void verify_megabytes(void)
{
	HOLDS(filled(area, 2048 * PAGE, 17));
}

/* A file that ends within a page: after its end there are zeros. */
static void prepare_file_end(void)
{
	int fd = open(own("short"), O_RDWR | O_CREAT, 0600);
	unsigned char bytes[1000];

	fill(bytes, sizeof(bytes), 18);
	HOLDS(write(fd, bytes, sizeof(bytes)) == sizeof(bytes));
	area = map(PAGE, PROT_READ, MAP_SHARED, fd);
	other = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	other[2000] = 7;
	close(fd);
}

static void verify_file_end(void)
{
	int fd = open(own("short"), O_WRONLY);

	HOLDS(filled(area, 1000, 18) && !area[1000]);
	HOLDS(filled(other, 1000, 18) && other[2000] == 7 && !other[2001]);
	HOLDS(pwrite(fd, "X", 1, 0) == 1);
	HOLDS(area[0] == 'X' && other[0] == pattern(18));
	close(fd);
}

/* The stack goes on to grow where it was. */
static int deeper(int level)
{
	volatile unsigned char frame[4000];

	memset((void *)frame, level, sizeof(frame));
	if (level && deeper(level - 1) != level - 1)
		return -1;
	return frame[0] == level && frame[3999] == level ? level : -1;
}

static void prepare_growth(void)
{
	HOLDS(deeper(10) == 10);
}

static void verify_growth(void)
{
	HOLDS(deeper(250) == 250);
}

/*
 * Vector registers, as many and as wide as the processor has them, that nobody saves but the
 * kernel. For i386 a compiler uses none by itself.
 */
#ifdef __i386__
#define NR_VECTORS	8
#else
#define NR_VECTORS	16
#endif
static unsigned char vectors[NR_VECTORS][32] __attribute__((aligned(32)));
static unsigned char found[NR_VECTORS][32] __attribute__((aligned(32)));
static volatile int over;

static bool has_avx(void)
{
	unsigned a, b, c, d, low, high;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
		return false;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

static void look(int number)
{
	(void)number;
	if (may_end())
		over = 1;
}

#define EACH_LOW(instruction, from, to)						\
	instruction(0, from, to) instruction(1, from, to)			\
	instruction(2, from, to) instruction(3, from, to)			\
	instruction(4, from, to) instruction(5, from, to)			\
	instruction(6, from, to) instruction(7, from, to)
#ifdef __i386__
#define EACH		EACH_LOW
#define CLOBBERED
#else
#define EACH(instruction, from, to)						\
	EACH_LOW(instruction, from, to)						\
	instruction(8, from, to) instruction(9, from, to)			\
	instruction(10, from, to) instruction(11, from, to)			\
	instruction(12, from, to) instruction(13, from, to)			\
	instruction(14, from, to) instruction(15, from, to)
#define CLOBBERED								\
	, "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",	\
	"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#endif
#define LOAD_SSE(n, from, to)	"movdqa 32*" #n "(%0), %%xmm" #n "\n\t"
#define STORE_SSE(n, from, to)	"movdqa %%xmm" #n ", 32*" #n "(%1)\n\t"
#define LOAD_AVX(n, from, to)	"vmovdqa 32*" #n "(%0), %%ymm" #n "\n\t"
#define STORE_AVX(n, from, to)	"vmovdqa %%ymm" #n ", 32*" #n "(%1)\n\t"
#define SPIN	"1: cmpl $0, (%2)\n\t" "pause\n\t" "je 1b\n\t"
#define OPERANDS :: "r"(vectors), "r"(found), "r"(&over) : "memory" CLOBBERED

static int spin(void *unused)
{
	struct itimerval soon = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction action = { .sa_handler = look, .sa_flags = SA_RESTART };
	size_t width = has_avx() ? 32 : 16, i;

	(void)unused;
	HOLDS(!sigaction(SIGALRM, &action, NULL));
	HOLDS(!setitimer(ITIMER_REAL, &soon, NULL));
	settle();
	if (width == 32)
		__asm__ volatile(EACH(LOAD_AVX,,) SPIN EACH(STORE_AVX,,) OPERANDS);
	else
		__asm__ volatile(EACH(LOAD_SSE,,) SPIN EACH(STORE_SSE,,) OPERANDS);
	for (i = 0; i < NR_VECTORS; i++)
		HOLDS(!memcmp(vectors[i], found[i], width));
	return 7;
}

static void prepare_vectors(void)
{
	fill(vectors, sizeof(vectors), 19);
	child(spin, NULL);
}

static void verify_vectors(void)
{
	reap(7);
}

/* The x87's own stack and control word, which C does not use on this processor. */
static volatile long double kept;

static int hold_x87(void *unused)
{
	unsigned short control = 0x0c7f, now;	/* round to zero, single precision */
	long double result;

	(void)unused;
	settle();
	over = 0;
	__asm__ volatile("fninit; fldcw %0; fldpi; fldl2e; fldln2" :: "m"(control));
	while (!may_end())
		;
	__asm__ volatile("fnstcw %0" : "=m"(now));
	__asm__ volatile("faddp; faddp; fstpt %0" : "=m"(result));
	__asm__ volatile("fninit");
	HOLDS(now == control);
	HOLDS(result > 5.27L && result < 5.28L);
	kept = result;
	return 6;
}

static void prepare_x87(void)
{
	child(hold_x87, NULL);
}

static void verify_x87(void)
{
	reap(6);
}

/* What modify_ldt takes; the entry is on the second page of the table. */
struct descriptor { unsigned int number, base, limit, bits; };
#define DATA_OF_32_BITS	0x01
#define LIMIT_IN_PAGES	0x10
#define ENTRY		700
#define SELECTOR	(ENTRY << 3 | 7)
/* The segment that C has no use for. */
#ifdef __i386__
#define FREE_SEGMENT	"%%fs"
#else
#define FREE_SEGMENT	"%%gs"
#endif

static volatile unsigned long behind = 0x5eed;
static unsigned char table[8 * (ENTRY + 1)];

static void prepare_table(void)
{
	struct descriptor entry = {
		ENTRY, (unsigned int)(uintptr_t)&behind, 0xf,
		DATA_OF_32_BITS | LIMIT_IN_PAGES,
	};

	HOLDS(!syscall(SYS_modify_ldt, 1, &entry, sizeof(entry)));
	__asm__ volatile("mov %0, " FREE_SEGMENT : : "r"(SELECTOR));
	HOLDS(syscall(SYS_modify_ldt, 0, table, sizeof(table)) == sizeof(table));
}

static void verify_table(void)
{
	static unsigned char now[sizeof(table)];
	unsigned long selector, found;

	__asm__ volatile("mov " FREE_SEGMENT ", %0" : "=r"(selector));
	HOLDS((selector & 0xffff) == SELECTOR);
	HOLDS(syscall(SYS_modify_ldt, 0, now, sizeof(now)) == sizeof(now));
	HOLDS(!memcmp(table, now, sizeof(now)));
	behind = 0xfeed;
	__asm__ volatile("mov " FREE_SEGMENT ":0, %0" : "=r"(found));
	HOLDS(found == 0xfeed);
}

const struct workload workloads_maps[] = {
	{ "brk-shrunk", "a heap that was bigger", prepare_shrunk, NULL, verify_shrunk, false },
	{ "remapped", "a mapping that has moved and grown", prepare_remapped, NULL,
	  verify_remapped, false },
	{ "locked", "pages locked into memory", prepare_locked, NULL, verify_locked, false },
	{ "future", "mappings to come are locked", prepare_future, NULL,
	  verify_future, false },
	{ "advised", "a file that is read in two ways", prepare_advised, NULL,
	  verify_advised, false },
	{ "zero-device", "a mapping of /dev/zero", prepare_zero_device, NULL,
	  verify_zero_device, false },
	{ "many-mappings", "400 mappings side by side", prepare_many_mappings, NULL,
	  verify_many_mappings, false },
	{ "holes", "unmapped pages, and a mapping at a chosen address", prepare_holes,
	  NULL, verify_holes, false },
	{ "made-code", "code written at run time", prepare_code, NULL, verify_code, false },
	{ "megabytes", "8 MiB, every byte of its own", prepare_megabytes, NULL,
	  verify_megabytes, false },
	{ "file-end", "mappings of a file that ends within a page", prepare_file_end,
	  NULL, verify_file_end, false },
	{ "stack-growth", "a stack that has to grow on", prepare_growth, NULL,
	  verify_growth, false },
	{ "vectors", "vector registers in use", prepare_vectors, NULL, verify_vectors, false },
	{ "descriptor-table", "a segment of a table of its own", prepare_table, NULL,
	  verify_table, false },
	{ "x87", "the x87's stack and control word", prepare_x87, NULL, verify_x87, false },
	{ .name = NULL },
};
