// SPDX-License-Identifier: GPL-2.0
/*
 * Guarded by the kernel, against others or against itself, in a way that a
 * checkpoint refuses to save: it has to name it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "subject.h"

#define PAGE	4096

/* Of linux/seccomp.h, which musl lacks. */
#define STRICT_MODE	1

/* Of linux/userfaultfd.h. */
struct watch_api { uint64_t api, features, calls; };
struct watch_range { uint64_t start, length, mode, calls; };
#define WATCH_API		0xaa
#define WATCH_MISSING		1
#define OPEN_WATCH		_IOWR(WATCH_API, 0x3f, struct watch_api)
#define WATCH_RANGE		_IOWR(WATCH_API, 0x00, struct watch_range)

/* Linux 4.3's and 4.9's numbers. */
#ifndef SYS_userfaultfd
#define SYS_userfaultfd		323
#endif
#ifndef SYS_pkey_mprotect
#define SYS_pkey_mprotect	329
#define SYS_pkey_alloc		330
#define SYS_pkey_free		331
#endif

/* From then on it may read and write, and not so much as close a descriptor. */
static __attribute__((noreturn)) void read_only(void)
{
	int ends[2];
	char byte;

	if (pipe(ends) < 0 || prctl(PR_SET_SECCOMP, STRICT_MODE) < 0)
		cannot("being strict");
	settled_open();
	for (;;)
		(void)!read(ends[0], &byte, 1);
}

static int open_watch(void)
{
	struct watch_api api = { .api = WATCH_API };
	int fd = (int)syscall(SYS_userfaultfd, 0);

	return fd < 0 || ioctl(fd, OPEN_WATCH, &api) < 0 ? -1 : fd;
}

/* Who watches is a task outside: the watch lasts as long as the descriptor. */
static int hand_on(int watch)
{
	return leave_one_outside() < 0 ? -1 : close(watch);
}

static int be_watched(void)
{
	struct watch_range range = { .length = PAGE, .mode = WATCH_MISSING };
	int watch = open_watch();
	void *page;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (watch < 0 || page == MAP_FAILED)
		return -1;
	range.start = (uintptr_t)page;
	return ioctl(watch, WATCH_RANGE, &range) < 0 ? -1 : hand_on(watch);
}

static int take_key(void)
{
	return (int)syscall(SYS_pkey_alloc, 0, 0);
}

/* The key is free again, and the mapping is under it all the same. */
static int lock_mapping(void)
{
	int key = take_key();
	void *page;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (key < 0 || page == MAP_FAILED ||
	    syscall(SYS_pkey_mprotect, page, PAGE, PROT_READ | PROT_WRITE, key) < 0)
		return -1;
	return (int)syscall(SYS_pkey_free, key);
}

/* The kernel takes a key for that by itself. */
static int forbid_reading(void)
{
	return mmap(NULL, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ?
		-1 : 0;
}

/* What of perf_event_open's attributes a probe takes, as of Linux 4.17. */
struct probed {
	uint32_t type, size;
	uint64_t config, period, samples, reads, bits;
	uint32_t wakeup, breakpoint;
	uint64_t path, offset, more[5];
};

/* Where the processor would trap, if anybody called it. */
static __attribute__((noinline)) void trap(void)
{
	__asm__ volatile("nop");
}

/* Where in this program's file some code is, or 0. */
static uint64_t place_of(uintptr_t code)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end, offset;
	uint64_t found = 0;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 &&
		    code >= start && code < end)
			found = code - start + offset;
	if (maps)
		fclose(maps);
	return found;
}

static int open_probe;

/* In all who run this program, as long as the keeper has it open. */
static void set_probe(void)
{
	static const char file[] = "/sys/bus/event_source/devices/uprobe/type";
	struct probed probe = { .size = sizeof(probe), .path = (uintptr_t)"/proc/self/exe" };
	FILE *type = fopen(file, "r");

	if (!type || fscanf(type, "%u", &probe.type) != 1)
		fail("looking for uprobes");
	fclose(type);
	probe.offset = place_of((uintptr_t)trap);
	/* Of all processes on one processor. */
	open_probe = (int)syscall(SYS_perf_event_open, &probe, -1, 0, -1, 0UL);
	if (!probe.offset || open_probe < 0)
		fail("setting a uprobe");
}

static void in_keeper(char **args)
{
	if (args[0] && !strcmp(args[0], "probe"))
		set_probe();
}

static int take(const char *kind)
{
	if (!strcmp(kind, "filter"))
		return allow_all_calls();
	if (!strcmp(kind, "strict"))
		read_only();
	if (!strcmp(kind, "watch"))
		return open_watch();
	if (!strcmp(kind, "watched"))
		return be_watched();
	if (!strcmp(kind, "key"))
		return take_key();
	if (!strcmp(kind, "locked"))
		return lock_mapping();
	if (!strcmp(kind, "unreadable"))
		return forbid_reading();
	/* That is its keeper's work, or will be. */
	if (!strcmp(kind, "probe"))
		return close(open_probe);
	if (!strcmp(kind, "nothing"))
		return 0;
	errno = EINVAL;
	return -1;
}

static void hold(char **args)
{
	errno = EINVAL;
	if (!args[0] || take(args[0]) < 0)
		cannot("being guarded");
	settled();
}

static bool guard(pid_t target, const char *line)
{
	(void)target;
	if (strcmp(line, "probe"))
		return false;
	set_probe();
	printf("probed\n");
	return true;
}

const struct subject guarded = {
	.name = "guarded",
	.about = "sleeps, guarded by the kernel in a way that a checkpoint refuses: KIND; "
		 "`probe` has it guarded so",
	.prepare = in_keeper,
	.target = hold,
	.reached = await_sleep,
	.answer = guard,
};
