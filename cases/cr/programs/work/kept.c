// SPDX-License-Identifier: GPL-2.0
/* Workloads with state of docs/state.md that no other one has. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

/* Of kernel headers that musl lacks. */
#define CAP_SYS_TIME	25

static void be_scheduled(int policy)
{
	struct sched_param none = { 0 };

	HOLDS(!syscall(SYS_sched_setscheduler, 0, policy, &none));
}

static void prepare_batch(void)
{
	be_scheduled(SCHED_BATCH);
}

static void verify_batch(void)
{
	HOLDS(syscall(SYS_sched_getscheduler, 0) == SCHED_BATCH);
}

static void prepare_idle(void)
{
	be_scheduled(SCHED_IDLE);
}

static void verify_idle(void)
{
	HOLDS(syscall(SYS_sched_getscheduler, 0) == SCHED_IDLE);
}

/* capget's and capset's, of version 3: the C library has no header for it. */
struct caps_header { uint32_t version; int pid; };
struct caps { uint32_t effective, permitted, inheritable; };

static void prepare_ambient(void)
{
	struct caps_header header = { 0x20080522, 0 };
	struct caps caps[2];

	HOLDS(!syscall(SYS_capget, &header, caps));
	caps[0].inheritable |= 1u << CAP_SYS_TIME;
	HOLDS(!syscall(SYS_capset, &header, caps));
	HOLDS(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_TIME, 0, 0));
}

static void verify_ambient(void)
{
	HOLDS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SYS_TIME, 0, 0) == 1);
}

static unsigned char *area;

static void prepare_kept_from_children(void)
{
	area = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	HOLDS(area != MAP_FAILED);
	fill(area, 4096, 1);
	HOLDS(!madvise(area, 4096, MADV_DONTFORK));
}

static void verify_kept_from_children(void)
{
	int ends[2], status;
	pid_t pid;

	HOLDS(filled(area, 4096, 1));
	HOLDS(!pipe(ends));
	pid = fork();
	HOLDS(pid >= 0);
	if (!pid)
		_exit(write(ends[1], area, 1) < 0 && errno == EFAULT ? 1 : 2);
	HOLDS(waitpid(pid, &status, 0) == pid);
	HOLDS(WEXITSTATUS(status) == 1);
}

/* Whether /proc/self/smaps has a flag for the mapping that begins at an address. */
static bool has_flag(const void *address, const char *flag)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[512], start[32];
	bool is_it = false, has = false;

	HOLDS(file);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)address);
	while (fgets(line, sizeof(line), file)) {
		if (strchr(line, '-') && strchr(line, ' ') > strchr(line, '-') &&
		    !strstr(line, ": "))
			is_it = !strncmp(line, start, strlen(start));
		if (is_it && !strncmp(line, "VmFlags:", 8))
			has = strstr(line, flag) != NULL;
	}
	fclose(file);
	return has;
}

static unsigned char *undumped, *wiped, *unreserved;

static unsigned char *map(int flags)
{
	unsigned char *memory;

	/* a page that can't be touched on either side keeps it by itself */
	memory = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	HOLDS(memory != MAP_FAILED);
	memory = mmap(memory + 4096, 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
	HOLDS(memory != MAP_FAILED);
	fill(memory, 4096, 2);
	return memory;
}

static void prepare_flagged(void)
{
	undumped = map(0);
	wiped = map(0);
	unreserved = map(MAP_NORESERVE);
	HOLDS(!madvise(undumped, 4096, MADV_DONTDUMP));
	HOLDS(!madvise(wiped, 4096, MADV_WIPEONFORK));
	HOLDS(has_flag(unreserved, " nr"));
}

static void verify_flagged(void)
{
	int status;
	pid_t pid;

	HOLDS(has_flag(undumped, " dd") && !has_flag(wiped, " dd"));
	HOLDS(has_flag(unreserved, " nr") && !has_flag(wiped, " nr"));
	HOLDS(filled(wiped, 4096, 2) && filled(undumped, 4096, 2));
	pid = fork();
	HOLDS(pid >= 0);
	if (!pid)
		_exit(wiped[0] == 0 && wiped[4095] == 0 ? 1 : 2);
	HOLDS(waitpid(pid, &status, 0) == pid);
	HOLDS(WEXITSTATUS(status) == 1);
}

static const struct {
	const char *path, *value;
	bool is_newer;
} settings[] = {
	{ "/proc/sys/kernel/sem", "251\t32001\t101\t127", false },
	{ "/proc/sys/kernel/shmall", "123456", false },
	{ "/proc/sys/kernel/shmmni", "777", false },
	/* which v2.6.30 loses: see losses.c */
	{ "/proc/sys/kernel/msgmni", "321", true },
};

static bool is_newer(void)
{
	return !access("/proc/sys/kernel/sem_next_id", F_OK);
}

static void prepare_ipc_settings(void)
{
	FILE *file;
	size_t i;

	HOLDS(!unshare(CLONE_NEWIPC));
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		file = fopen(settings[i].path, "w");
		HOLDS(file);
		HOLDS(fputs(settings[i].value, file) >= 0);
		HOLDS(!fclose(file));
	}
}

static void verify_ipc_settings(void)
{
	char text[64];
	FILE *file;
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (settings[i].is_newer && !is_newer())
			continue;
		file = fopen(settings[i].path, "r");
		HOLDS(file);
		HOLDS(fgets(text, sizeof(text), file));
		fclose(file);
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, settings[i].value) != 0)
			broken("%s is %s", settings[i].path, text);
	}
}

#define NR_USED	5

static int used[NR_USED];

static void prepare_used_ids(void)
{
	size_t i;

	HOLDS(!unshare(CLONE_NEWIPC));
	for (i = 0; i < NR_USED; i++) {
		used[i] = msgget(IPC_PRIVATE, 0600);
		HOLDS(used[i] >= 0);
		HOLDS(!msgctl(used[i], IPC_RMID, NULL));
	}
}

/* Who still has one of them must not be handed another's queue. */
static void verify_used_ids(void)
{
	int id = msgget(IPC_PRIVATE, 0600);
	size_t i;

	HOLDS(id >= 0);
	for (i = 0; i < NR_USED; i++)
		HOLDS(id != used[i]);
}

static void prepare_busy(void)
{
	errno = 0;
	HOLDS(open("/proc/self/exe", O_WRONLY) < 0 && errno == ETXTBSY);
}

static volatile unsigned long watched;
static volatile sig_atomic_t trapped;

static void trap(int signal)
{
	(void)signal;
	trapped++;
}

/* A debugger sets a breakpoint on what is written to an address, and goes. */
static void watch_parent(void)
{
	/* the first breakpoint: writes, eight bytes or four */
	const unsigned long length = sizeof(watched) == 8 ? 2 : 3;
	const unsigned long control = 1 | 1ul << 16 | length << 18;
	const size_t registers = offsetof(struct user, u_debugreg);
	pid_t parent = getppid();

	if (ptrace(PTRACE_ATTACH, parent, NULL, NULL) ||
	    waitpid(parent, NULL, __WALL) != parent ||
	    ptrace(PTRACE_POKEUSER, parent, registers, &watched) ||
	    ptrace(PTRACE_POKEUSER, parent, registers + 7 * sizeof(long),
		   control) ||
	    ptrace(PTRACE_DETACH, parent, NULL, NULL))
		_exit(1);
	_exit(0);
}

static void prepare_watchpoint(void)
{
	int status;
	pid_t pid;

	signal(SIGTRAP, trap);
	pid = fork();
	HOLDS(pid >= 0);
	if (!pid)
		watch_parent();
	HOLDS(waitpid(pid, &status, 0) == pid && !status);
	watched = 1;
	HOLDS(trapped == 1);
}

static void verify_watchpoint(void)
{
	watched = 2;
	HOLDS(trapped == 2);
}

const struct workload workloads_kept[] = {
	{ "batch", "no hurry", prepare_batch, NULL, verify_batch, false },
	{ "idle", "only when nobody else wants to run", prepare_idle, NULL, verify_idle,
	  false },
	{ "ambient", "an ambient capability", prepare_ambient, NULL, verify_ambient,
	  false },
	{ "kept-from-children", "memory that children don't get",
	  prepare_kept_from_children, NULL, verify_kept_from_children, false },
	{ "flagged", "memory that is not dumped, wiped by fork, not reserved",
	  prepare_flagged, NULL, verify_flagged, false },
	{ "ipc-settings", "what an IPC namespace can have", prepare_ipc_settings, NULL,
	  verify_ipc_settings, false },
	{ "used-ids", "ids of queues that are gone", prepare_used_ids, NULL,
	  verify_used_ids, false },
	{ "busy", "a program that nobody may write to", prepare_busy, NULL, prepare_busy,
	  false },
	{ "watchpoint", "a breakpoint that a debugger has left", prepare_watchpoint,
	  NULL, verify_watchpoint, false },
	{ .name = NULL },
};
