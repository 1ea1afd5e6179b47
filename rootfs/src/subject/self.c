// SPDX-License-Identifier: GPL-2.0
/*
 * Saves itself, and comes back from what it saved. Two sets of values for
 * whatever a task's record holds - registers, FPU, a segment's base, the name -
 * stand for before and after: it saves itself with the first and restarts with
 * the second, so that each must have changed back, or none if it was refused.
 *
 *	checkpoint 0|own PATH [FLAGS]	ret=N errno=NAME
 *	restart PATH			ret=0 errno=none restored=all
 *	check				now=after
 *	timer				ret=N errno=NAME: it has a POSIX timer
 *	membarrier N			ret=N errno=NAME: that call with that command
 *	write-from ADDRESS		ret=N errno=NAME: one byte from there into a pipe
 *	confine				ret=N errno=NAME: a filter allows all of its calls
 *	secure BITS			ret=N errno=NAME: its security bits
 *	rights				at=N: where XSAVE has the rights to protection keys
 *	unmap-vdso			unmapped=yes: it has no vdso any more
 *	fault				touches what is not mapped, and dies of that
 *
 * `restored` and `now` name what is not as it should be.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../common/names.h"
#include "../cr-abi.h"
#include "registers.h"
#include "subject.h"

/* Carry, parity, auxiliary, zero, sign, direction, overflow, and ID. */
#define USER_FLAGS	0x200cd5UL

/* One of the two sets. */
struct side {
	const char *name;
	struct registers registers;
	unsigned long segment;	/* what the first word of the free segment is */
	uint64_t stack[64];
};

static struct side before = { .name = "before" }, after = { .name = "after" };
static struct registers found;
static bool tried;		/* a restart has stored registers in `found` */

static void fill(struct side *side, uint64_t seed, unsigned long flags,
		 uint32_t mxcsr, uint16_t control_word)
{
	struct registers *registers = &side->registers;
	unsigned long *word = (unsigned long *)registers;
	size_t i;

	for (i = 0; i < sizeof(*registers) / sizeof(*word); i++)
		word[i] = (unsigned long)(seed + i * 0x0101010101010101ULL);
	registers->general[STACK_POINTER] = (unsigned long)&side->stack[32];
	registers->flags = flags;
	registers->mxcsr = mxcsr;
	registers->control_word = control_word;
	side->segment = (unsigned long)~seed;
}

/* Names a difference in `text`, with commas between. */
static void differ(char *text, size_t room, const char *what)
{
	size_t used = strlen(text);

	snprintf(text + used, room - used, "%s%s", used ? "," : "", what);
}

static void compare_registers(const struct registers *is,
			      const struct registers *want, char *text,
			      size_t room)
{
	char name[8];
	size_t i;

	for (i = 0; i < GENERAL_REGISTERS; i++)
		if (is->general[i] != want->general[i])
			differ(text, room, register_names[i]);
	if ((is->flags ^ want->flags) & USER_FLAGS)
		differ(text, room, "flags");
	for (i = 0; has_vectors() && i < VECTOR_REGISTERS; i++)
		if (memcmp(is->xmm[i], want->xmm[i], sizeof(is->xmm[i]))) {
			snprintf(name, sizeof(name), "xmm%zu", i);
			differ(text, room, name);
		}
	if (has_vectors() && is->mxcsr != want->mxcsr)
		differ(text, room, "mxcsr");
	if (is->control_word != want->control_word)
		differ(text, room, "control-word");
}

static void compare_rest(const struct side *want, char *text, size_t room)
{
	char name[17] = "";
	const char *wrong;

	prctl(PR_GET_NAME, name);
	if (strcmp(name, want->name))
		differ(text, room, "name");
	wrong = wrong_segment(&want->segment);
	if (wrong)
		differ(text, room, wrong);
}

/* All of a side that is no register. */
static void take_side(struct side *side)
{
	prctl(PR_SET_NAME, side->name);
	take_segment(&side->segment);
}

static void print_result(long ret)
{
	printf("ret=%ld errno=%s", ret < 0 ? -1 : ret,
	       ret < 0 ? errno_name((int)-ret) : "none");
}

/* Makes a call with one side's registers. */
static long call_as(struct side *side, long nr, long pid, long fd, long flags)
{
	unsigned long *general = side->registers.general;

	general[ARGUMENT(0)] = (unsigned long)pid;
	general[ARGUMENT(1)] = (unsigned long)fd;
	general[ARGUMENT(2)] = (unsigned long)flags;
	return self_call(nr, &side->registers, &found);
}

/* After the call that saved the task, by way of a restart. */
static void welcome(long ret)
{
	char wrong[512] = "";

	compare_registers(&found, &before.registers, wrong, sizeof(wrong));
	compare_rest(&before, wrong, sizeof(wrong));
	print_result(ret);
	printf(" restored=%s\n", *wrong ? wrong : "all");
}

/*
 * A restart that brings memory back, too, comes back here; one that does not
 * is answered where it was called.
 */
static void save(char *who, const char *path, const char *flags)
{
	char disturbed[512] = "";
	long ret;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	take_side(&before);
	ret = call_as(&before, cr_abi()->checkpoint,
		      strcmp(who, "own") ? atol(who) : getpid(), fd,
		      flags ? strtol(flags, NULL, 0) : (long)CHECKPOINT_SUBTREE);
	if (ret == 0) {
		welcome(ret);
		return;
	}
	compare_registers(&found, &before.registers, disturbed, sizeof(disturbed));
	compare_rest(&before, disturbed, sizeof(disturbed));
	close(fd);
	take_side(&after);
	tried = false;
	print_result(ret);
	if (*disturbed)
		printf(" disturbed=%s", disturbed);
	putchar('\n');
}

static void come_back(const char *path)
{
	long ret;
	int fd;

	fd = open(path, O_RDONLY);
	take_side(&after);
	ret = call_as(&after, cr_abi()->restart, getpid(), fd, 0);
	close(fd);
	tried = ret < 0;
	if (ret >= 0) {
		welcome(ret);
		return;
	}
	print_result(ret);
	putchar('\n');
}

static void check(void)
{
	char wrong[512] = "";

	if (tried)
		compare_registers(&found, &after.registers, wrong, sizeof(wrong));
	compare_rest(&after, wrong, sizeof(wrong));
	printf("now=%s%s\n", *wrong ? "after-but-" : "after", wrong);
}

/* And the mapping of its data beside it, on kernels that have one. */
static bool unmap_vdso(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end, pieces[2][2];
	int count = 0, i, failed = 0;
	char line[256];

	while (maps && fgets(line, sizeof(line), maps))
		if ((strstr(line, "[vdso]") || strstr(line, "[vvar]")) && count < 2 &&
		    sscanf(line, "%lx-%lx", &start, &end) == 2) {
			pieces[count][0] = start;
			pieces[count++][1] = end - start;
		}
	if (maps)
		fclose(maps);
	for (i = 0; i < count; i++)
		failed |= munmap((void *)pieces[i][0], pieces[i][1]);
	return count && !failed;
}

/* It says nothing to nobody when it goes off. */
static void make_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	print_result(timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ? -errno : 0);
	putchar('\n');
}

static void membarrier_as(long command)
{
	long ret = syscall(SYS_membarrier, command, 0);

	print_result(ret < 0 ? -errno : ret);
	putchar('\n');
}

/* The address may be the kernel's, which a call from user mode has to refuse. */
static void write_from(unsigned long address)
{
	int ends[2];
	long ret;

	if (pipe(ends)) {
		print_result(-errno);
	} else {
		ret = write(ends[1], (const void *)address, 1);
		print_result(ret < 0 ? -errno : ret);
		close(ends[0]);
		close(ends[1]);
	}
	putchar('\n');
}

static void confine(void)
{
	print_result(allow_all_calls() < 0 ? -errno : 0);
	putchar('\n');
}

#ifndef PR_SET_SECUREBITS
#define PR_SET_SECUREBITS	28
#endif

static void secure(unsigned long bits)
{
	print_result(prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0 ? -errno : 0);
	putchar('\n');
}

/* Intel's manual, volume 1, 13.2 and 13.5.7: 0 if the processor has none. */
static void say_where_rights_are(void)
{
	unsigned int size, offset = 0, c, d;

	__cpuid_count(13, 9, size, offset, c, d);
	printf("at=%u\n", size ? offset : 0);
}

static void fault(void)
{
	__asm__ volatile("movb $1, (%0)" : : "r"(8UL) : "memory");
}

static void obey(char *line)
{
	char *words[4] = { NULL }, *word, *rest_of_line = line;
	int count = 0;

	while (count < 4 && (word = strsep(&rest_of_line, " ")))
		words[count++] = word;
	if (count >= 3 && !strcmp(words[0], "checkpoint"))
		save(words[1], words[2], words[3]);
	else if (count == 2 && !strcmp(words[0], "restart"))
		come_back(words[1]);
	else if (count == 1 && !strcmp(words[0], "check"))
		check();
	else if (count == 1 && !strcmp(words[0], "timer"))
		make_timer();
	else if (count == 2 && !strcmp(words[0], "membarrier"))
		membarrier_as(atol(words[1]));
	else if (count == 2 && !strcmp(words[0], "write-from"))
		write_from(strtoul(words[1], NULL, 0));
	else if (count == 1 && !strcmp(words[0], "confine"))
		confine();
	else if (count == 2 && !strcmp(words[0], "secure"))
		secure(strtoul(words[1], NULL, 0));
	else if (count == 1 && !strcmp(words[0], "rights"))
		say_where_rights_are();
	else if (count == 1 && !strcmp(words[0], "unmap-vdso"))
		printf("unmapped=%s\n", unmap_vdso() ? "yes" : "no");
	else if (count == 1 && !strcmp(words[0], "fault"))
		fault();
	else
		printf("unknown %s\n", line);
}

static void live(char **args)
{
	static char line[4096];

	(void)args;
	find_registers();
	/* Rounding up, all exceptions masked; and as the processor starts. */
	fill(&before, 0x1122334455667788ULL, 0x200cd7, 0x5f80, 0x0b7f);
	fill(&after, 0x99aabbccddeeff00ULL, 0x202, 0x1f80, 0x037f);
	settled();
	for (;;) {
		hear(line, sizeof(line));
		obey(line);
		reply();
	}
}

const struct subject self = {
	.name = "self",
	.about = "`checkpoint 0|own PATH [FLAGS]` saves it, `restart PATH` brings it back, `check`; "
		 "`timer`, `membarrier N`, `write-from ADDRESS`, `confine`, `secure BITS`, "
		 "`rights`, `unmap-vdso`, `fault`",
	.target = live,
	.reached = await_sleep,
	.talks = true,
};
