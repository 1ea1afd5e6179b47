// SPDX-License-Identifier: GPL-2.0
/*
 * A task with pids of the caller's choice, by clone3 where the kernel has it,
 * else by the series' own clone_with_pids. The call is made by a task of its
 * own, so that it can be somebody else, in a pid namespace of its own.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/children.h"
#include "../cr-abi.h"
#include "shim.h"

#define MOST_PIDS	64
#define NOT_GIVEN	LLONG_MIN
/* An address that nobody has. */
#define NOWHERE		4095

struct wish {
	const char *first, *pids;
	long long count, padding;
	bool bad_array, bad_struct, new;
	struct identity who;
};

/* What is told of it, in memory that all of them share. */
struct told {
	const char *refused;
	int error, first_error;
	long ret;
	pid_t own;
};

static uint32_t read_pids(const char *text, int32_t *pids)
{
	uint32_t count = 0;
	char *end;

	while (text && *text && count < MOST_PIDS) {
		pids[count++] = (int32_t)strtol(text, &end, 0);
		text = *end == ',' ? end + 1 : "";
	}
	return count;
}

static long call(const struct wish *wish, const char *text)
{
	long number = cr_abi()->clone_with_pids;
	unsigned long flags = wish->new ? CLONE_NEWPID : 0;
	int32_t pids[MOST_PIDS];
	uint32_t count = read_pids(text, pids);
	uint64_t array = wish->bad_array ? NOWHERE : (uint64_t)(uintptr_t)pids;
	struct wanted_pids wanted = { count, 0, array };
	struct clone3_args args = {
		.flags = flags, .exit_signal = SIGCHLD,
		/* No array is how clone3 is told of none. */
		.set_tid = count ? array : 0, .set_tid_size = count,
	};
	long nowhere = NOWHERE;

	if (wish->count != NOT_GIVEN) {
		wanted.nr = (uint32_t)wish->count;
		args.set_tid_size = (uint64_t)wish->count;
	}
	wanted.padding = (uint32_t)wish->padding;
	if (number < 0)
		return syscall(NR_CLONE3, wish->bad_struct ? nowhere : (long)&args,
			       sizeof(args));
	return syscall(number, flags | SIGCHLD, 0, 0, 0,
		       wish->bad_struct ? nowhere : (long)&wanted);
}

/* In the caller: a first call, of which only the errno is told, and the call. */
static void make_calls(const struct wish *wish, struct told *told, int done)
{
	long pid;

	told->refused = assume(&wish->who);
	told->error = errno;
	if (told->refused)
		_exit(1);
	if (wish->first) {
		pid = call(wish, wish->first);
		if (pid == 0)
			_exit(0);
		told->first_error = pid < 0 ? errno : 0;
		if (pid > 0)
			waitpid((pid_t)pid, NULL, 0);
	}
	pid = call(wish, wish->pids);
	if (pid == 0) {
		told->own = getpid();
		close(done);
		for (;;)
			pause();
	}
	told->ret = pid;
	told->error = errno;
	close(done);
	waitpid((pid_t)pid, NULL, 0);
	_exit(0);
}

static int parse_wish(struct json *out, struct wish *wish, int argc, char **argv)
{
	const struct option options[] = {
		{ "first", OPTION_TEXT, &wish->first },
		{ "pids", OPTION_TEXT, &wish->pids },
		{ "count", OPTION_NUMBER, &wish->count },
		{ "padding", OPTION_NUMBER, &wish->padding },
		{ "bad-array", OPTION_FLAG, &wish->bad_array },
		{ "bad-struct", OPTION_FLAG, &wish->bad_struct },
		{ "new", OPTION_FLAG, &wish->new },
		IDENTITY_OPTIONS(wish->who),
	};

	if (parse_options(out, options, sizeof(options) / sizeof(options[0]),
			  &argc, argv))
		return MISUSED;
	return argc == 1 ? DONE : misuse(out, "clone takes options only");
}

int clone_command(struct json *out, int argc, char **argv)
{
	struct wish wish = { .count = NOT_GIVEN, .who = SAME_IDENTITY };
	pid_t caller, seen = 0;
	struct told *told;
	int ends[2];
	char none;

	if (parse_wish(out, &wish, argc, argv))
		return MISUSED;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
		return fail(out, "making room for an answer");
	caller = fork_as(&wish.who);
	if (caller < 0)
		return fail(out, "starting the caller");
	if (caller == 0)
		make_calls(&wish, told, ends[1]);
	close(ends[1]);
	/* Both close it when they have told what there is to tell. */
	while (read(ends[0], &none, 1) < 0 && errno == EINTR)
		;
	if (told->ret > 0) {
		seen = first_child(caller);
		if (seen > 0)
			kill(seen, SIGKILL);
	}
	waitpid(caller, NULL, 0);
	if (told->refused) {
		errno = told->error;
		return fail(out, told->refused);
	}
	json_number(out, "ret", told->ret);
	json_text(out, "errno", told->ret < 0 ? errno_name(told->error) : NULL);
	json_text(out, "first", told->first_error ? errno_name(told->first_error) : NULL);
	json_number(out, "own", told->own);
	json_number(out, "seen", seen);
	return DONE;
}
