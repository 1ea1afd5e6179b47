/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guest's programs know of the kernel under test: the system calls
 * and their flags. One root file system serves every base, so the
 * numbers are looked up by the running kernel's release.
 */
#ifndef CR_ABI_H
#define CR_ABI_H

#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CHECKPOINT_SUBTREE	0x1UL

/* What may differ at a restart. */
#define RESTART_OTHER_KERNEL	0x1UL
#define RESTART_CHANGED_FILES	0x2UL
#define RESTART_LESSER_CPU	0x4UL

struct cr_abi {
	const char *release;	/* prefix of uname's release */
	long checkpoint;
	long restart;
	long clone_with_pids;	/* -1: clone3 gives wanted pids */
};

/* The first numbers that the base leaves free. */
static const struct cr_abi cr_abis[] = {
#ifdef __i386__
	{ "2.6.30", 335, 336, 337 },
#else
	{ "2.6.30", 297, 298, 299 },
	{ "6.1", 451, 452, -1 },
#endif
};

/* On any other kernel a number that none has: the answer is ENOSYS. */
static const struct cr_abi cr_abi_unknown = { "", -1, -1, -1 };

static inline const struct cr_abi *cr_abi(void)
{
	struct utsname uts;
	size_t i, length;

	if (uname(&uts) < 0)
		return &cr_abi_unknown;
	for (i = 0; i < sizeof(cr_abis) / sizeof(cr_abis[0]); i++) {
		length = strlen(cr_abis[i].release);
		if (strncmp(uts.release, cr_abis[i].release, length))
			continue;
		/* 6.1.7 is a 6.1, 6.12 is not. */
		if (uts.release[length] < '0' || uts.release[length] > '9')
			return &cr_abis[i];
	}
	return &cr_abi_unknown;
}

/* musl has no header for it: Linux 5.3's number and, as of 5.5, layout. */
#define NR_CLONE3	435

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack,
		 stack_size, tls, set_tid, set_tid_size;
};

/* docs/image-format.md: what clone_with_pids takes. */
struct wanted_pids {
	uint32_t nr, padding;
	uint64_t pids;
};

static inline long cr_checkpoint(pid_t pid, int fd, unsigned long flags)
{
	return syscall(cr_abi()->checkpoint, (long)pid, (long)fd, flags);
}

static inline long cr_restart(pid_t pid, int fd, unsigned long flags)
{
	return syscall(cr_abi()->restart, (long)pid, (long)fd, flags);
}

#endif
