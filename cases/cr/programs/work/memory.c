// SPDX-License-Identifier: GPL-2.0
/* Workloads whose state is memory. */
#include <fcntl.h>
#include <fenv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "work.h"

#define PAGE	4096UL
#define PAGES	512UL

static unsigned char *area, *other, *vdso;
static volatile uint64_t count, inverse = UINT64_MAX;

static void step_count(void)
{
	int i;

	for (i = 0; i < 10000; i++) {
		count++;
		inverse--;
	}
}

static void prepare_count(void)
{
	step_count();
}

static void verify_count(void)
{
	HOLDS(count >= 10000);
	HOLDS(count % 10000 == 0);
	HOLDS(count == ~inverse);
}

static unsigned char *map(size_t length, int protection, int flags, int fd)
{
	void *memory = mmap(NULL, length, protection, flags, fd, 0);

	HOLDS(memory != MAP_FAILED);
	return memory;
}

/* musl's sbrk() refuses to: malloc may have moved the break. */
static unsigned char *brk_at(unsigned char *end)
{
	return (unsigned char *)syscall(SYS_brk, end);
}

static void prepare_heap(void)
{
	area = brk_at(NULL);
	HOLDS(brk_at(area + PAGES * PAGE) == area + PAGES * PAGE);
	fill(area, PAGES * PAGE, 1);
}

static void verify_heap(void)
{
	HOLDS(filled(area, PAGES * PAGE, 1));
	HOLDS(brk_at(NULL) == area + PAGES * PAGE);
	/* It still grows, from where it was. */
	HOLDS(brk_at(area + (PAGES + 1) * PAGE) == area + (PAGES + 1) * PAGE);
	fill(area + PAGES * PAGE, PAGE, 2);
}

/* Every third page is written: the others read as zeros. */
static void prepare_sparse(void)
{
	size_t i;

	area = map(PAGES * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (i = 0; i < PAGES; i += 3)
		fill(area + i * PAGE, PAGE, i);
}

static void verify_sparse(void)
{
	static const unsigned char zeros[PAGE];
	size_t i;

	for (i = 0; i < PAGES; i++)
		HOLDS(i % 3 ? !memcmp(area + i * PAGE, zeros, PAGE)
			    : filled(area + i * PAGE, PAGE, i));
}

/* A gigabyte of address space with four pages in it. */
static void prepare_huge_hole(void)
{
	size_t i;

	area = map(1UL << 30, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	for (i = 0; i < 4; i++)
		fill(area + (i << 28), PAGE, i);
}

static void verify_huge_hole(void)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		HOLDS(filled(area + (i << 28), PAGE, i));
		HOLDS(area[(i << 28) + PAGE] == 0);
	}
}

#ifdef __x86_64__
/* A table of the highest level tells of 512 GiB: there is none for the first. */
#define HALF_TIB	(1UL << 39)

static void prepare_far_hole(void)
{
	area = map(3 * HALF_TIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	fill(area + 2 * HALF_TIB, PAGE, 31);
	fill(area + 3 * HALF_TIB - PAGE, PAGE, 32);
}

static void verify_far_hole(void)
{
	HOLDS(filled(area + 2 * HALF_TIB, PAGE, 31));
	HOLDS(filled(area + 3 * HALF_TIB - PAGE, PAGE, 32));
}
#endif

static bool is_mapped_as(const void *address, const char *rights)
{
	char text[65536], *line, *save = NULL;
	unsigned long start, end;
	size_t used = 0;
	char found[5];
	ssize_t n;
	int fd = open("/proc/self/maps", O_RDONLY);

	while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	close(fd);
	text[used] = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		start = strtoul(line, &line, 16);
		end = strtoul(line + 1, &line, 16);
		memcpy(found, line + 1, 4);
		found[4] = '\0';
		if ((unsigned long)address >= start &&
		    (unsigned long)address < end)
			return !strcmp(found, rights);
	}
	return false;
}

/* It may be of several pages; what is no vdso is far from it. */
static void open_vdso(void)
{
	size_t length = 0;

	vdso = (unsigned char *)getauxval(AT_SYSINFO_EHDR);
	while (is_mapped_as(vdso + length, "r-xp"))
		length += PAGE;
	HOLDS(length > 0);
	HOLDS(!mprotect(vdso, length, PROT_READ | PROT_WRITE | PROT_EXEC));
}

static void prepare_protections(void)
{
	open_vdso();
	area = map(4 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fill(area, 4 * PAGE, 7);
	HOLDS(!mprotect(area + PAGE, PAGE, PROT_READ));
	HOLDS(!mprotect(area + 2 * PAGE, PAGE, PROT_NONE));
	HOLDS(!mprotect(area + 3 * PAGE, PAGE, PROT_READ | PROT_EXEC));
}

static void verify_protections(void)
{
	HOLDS(is_mapped_as(vdso, "rwxp"));
	HOLDS(is_mapped_as(area, "rw-p"));
	HOLDS(is_mapped_as(area + PAGE, "r--p"));
	HOLDS(is_mapped_as(area + 2 * PAGE, "---p"));
	HOLDS(is_mapped_as(area + 3 * PAGE, "r-xp"));
	HOLDS(!mprotect(area + 2 * PAGE, PAGE, PROT_READ));
	HOLDS(filled(area, 4 * PAGE, 7));
}

static int make_file(const char *name, size_t seed)
{
	static unsigned char page[PAGE];
	int fd = open(own(name), O_RDWR | O_CREAT, 0600);
	size_t i;

	HOLDS(fd >= 0);
	for (i = 0; i < 16; i++) {
		fill(page, PAGE, seed + i * PAGE);
		HOLDS(write(fd, page, PAGE) == (ssize_t)PAGE);
	}
	return fd;
}

/* Of a private mapping of a file only what was written is the task's own. */
static void prepare_file_private(void)
{
	int fd = make_file("mapped", 3);

	area = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	fill(area + 5 * PAGE, PAGE, 99);
	close(fd);
}

static void verify_file_private(void)
{
	static unsigned char page[PAGE];
	int fd = open(own("mapped"), O_RDONLY);

	HOLDS(filled(area, 5 * PAGE, 3));
	HOLDS(filled(area + 5 * PAGE, PAGE, 99));
	HOLDS(filled(area + 6 * PAGE, 10 * PAGE, 3 + 6 * PAGE));
	HOLDS(pread(fd, page, PAGE, 5 * PAGE) == (ssize_t)PAGE);
	HOLDS(filled(page, PAGE, 3 + 5 * PAGE));
	close(fd);
}

static int deep(int level)
{
	volatile unsigned char own_frame[512];
	int result;

	fill((void *)own_frame, sizeof(own_frame), (size_t)level);
	if (level)
		result = deep(level - 1);
	else {
		say_ready();
		await_end();
		result = 0;
	}
	HOLDS(filled((void *)own_frame, sizeof(own_frame), (size_t)level));
	return result + 1;
}

/* 256 KiB of stack, most of it grown, checked on the way back. */
static void prepare_stack(void)
{
	HOLDS(deep(400) == 401);
}

static void verify_stack(void)
{
	/* Every frame has looked at itself on the way back. */
}

static volatile double sum, term = 1;

static void prepare_fpu(void)
{
	HOLDS(!fesetround(FE_UPWARD));
}

static void step_fpu(void)
{
	int i;

	for (i = 0; i < 1000; i++) {
		sum += 1 / term;
		term += 1;
	}
}

static void verify_fpu(void)
{
	/* As wide as the sum is, whatever the processor works with. */
	volatile double again = 0;
	double n;

	HOLDS(fegetround() == FE_UPWARD);
	for (n = 1; n < term; n += 1)
		again += 1 / n;
	HOLDS(again == sum);
}

static int change_copy(void *unused)
{
	(void)unused;
	fill(other, 8 * PAGE, 50);
	await_end();
	HOLDS(filled(area, 8 * PAGE, 20));
	HOLDS(filled(other, 8 * PAGE, 50));
	return 4;
}

/* Parent and child begin with the same pages, and each writes some. */
static void prepare_copy_on_write(void)
{
	area = map(8 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1);
	other = map(8 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fill(area, 8 * PAGE, 20);
	fill(other, 8 * PAGE, 30);
	child(change_copy, NULL);
}

static void verify_copy_on_write(void)
{
	HOLDS(filled(area, 8 * PAGE, 20));
	HOLDS(filled(other, 8 * PAGE, 30));
	reap(4);
}

static int change_shared(void *unused)
{
	(void)unused;
	await_end();
	HOLDS(filled(area, 4 * PAGE, 60));
	fill(area, 2 * PAGE, 70);
	return 5;
}

/* What one writes after the restart the other must read: it is one memory. */
static void prepare_shared_anonymous(void)
{
	area = map(8 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1);
	fill(area, 4 * PAGE, 60);
	child(change_shared, NULL);
}

static void verify_shared(void)
{
	reap(5);
	HOLDS(filled(area, 2 * PAGE, 70));
	HOLDS(filled(area + 2 * PAGE, 2 * PAGE, 60 + 2 * PAGE));
}

static void prepare_shared_file(void)
{
	int fd = make_file("shared", 1);

	area = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	fill(area, 4 * PAGE, 60);
	close(fd);
	child(change_shared, NULL);
}

static void verify_shared_file(void)
{
	static unsigned char page[PAGE];
	int fd = open(own("shared"), O_RDONLY);

	verify_shared();
	HOLDS(filled(area + 4 * PAGE, 12 * PAGE, 1 + 4 * PAGE));
	HOLDS(pread(fd, page, PAGE, 0) == (ssize_t)PAGE);
	HOLDS(filled(page, PAGE, 70));
	close(fd);
}

const struct workload workloads_memory[] = {
	{ "count", "counts in two words", prepare_count, step_count, verify_count, false },
	{ "heap", "2 MiB of heap", prepare_heap, NULL, verify_heap, false },
	{ "sparse", "pages among zeros", prepare_sparse, NULL, verify_sparse, false },
	{ "huge-hole", "4 pages in a gigabyte", prepare_huge_hole, NULL,
	  verify_huge_hole, false },
#ifdef __x86_64__
	{ "far-hole", "2 pages in one and a half TiB", prepare_far_hole, NULL,
	  verify_far_hole, false },
#endif
	{ "protections", "mprotect's rights", prepare_protections, NULL,
	  verify_protections, false },
	{ "file-private", "a private mapping, one page of it written",
	  prepare_file_private, NULL, verify_file_private, false },
	{ "stack", "a deep stack", prepare_stack, NULL, verify_stack, true },
	{ "fpu", "a sum, and how it is rounded", prepare_fpu, step_fpu, verify_fpu, false },
	{ "copy-on-write", "pages that were shared by fork", prepare_copy_on_write,
	  NULL, verify_copy_on_write, false },
	{ "shared-memory", "memory shared with a child", prepare_shared_anonymous,
	  NULL, verify_shared, false },
	{ "shared-file", "a mapping of a file shared with a child",
	  prepare_shared_file, NULL, verify_shared_file, false },
	{ .name = NULL },
};
