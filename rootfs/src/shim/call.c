// SPDX-License-Identifier: GPL-2.0
/*
 * The two system calls under test. Each is made by a task of its own, the
 * caller, so that what becomes of it - refused, restored, killed by an oops,
 * stuck for ever - is an answer and not the end of the shim.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/write.h"
#include "../cr-abi.h"
#include "shim.h"

/* How long a killed caller may take to die before it counts as unkillable. */
#define DEATH_MS	5000
#define MOST_ERRNO	4095
#define NOT_GIVEN	LLONG_MIN

struct call {
	bool restart;
	long long pid, flags, fd, offset, timeout, count, file_size;
	const char *out, *in, *readonly, *once_restored;
	bool self, pipe, pipe_closed, pipe_stalled, closed_fd;
	bool append, nonblock, create_each, make_it_fail, vforked, with_ldt;
	struct identity who;
};

/* What the caller leaves behind, in memory it shares with the shim. */
struct outcome {
	enum { STARTED, REFUSED, CALLING, RETURNED } stage;
	char refused[128];	/* what it could not do to get ready */
	int error;		/* and why */
	long ret, first;
	int64_t us;		/* of the last call */
	long long bytes;	/* -1: unknown */
	unsigned int ok, errors[MOST_ERRNO + 1];
};

/* The caller's descriptor and, of a pipe, the shim's end. */
struct channel {
	int fd, shim_end, spare;
	long long start;	/* where fd stood, -1 if it has no position */
	long long piped;	/* bytes that went through the pipe */
	int copy_error;		/* why the file beside the pipe has not all of them */
};

static int parse_call(struct json *out, struct call *call, int *argc, char **argv)
{
	const struct option options[] = {
		{ "pid", OPTION_NUMBER, &call->pid },
		{ "self", OPTION_FLAG, &call->self },
		{ "flags", OPTION_NUMBER, &call->flags },
		{ "out", OPTION_TEXT, &call->out },
		{ "in", OPTION_TEXT, &call->in },
		{ "readonly", OPTION_TEXT, &call->readonly },
		{ "fd", OPTION_NUMBER, &call->fd },
		{ "pipe", OPTION_FLAG, &call->pipe },
		{ "pipe-closed", OPTION_FLAG, &call->pipe_closed },
		{ "pipe-stalled", OPTION_FLAG, &call->pipe_stalled },
		{ "closed-fd", OPTION_FLAG, &call->closed_fd },
		{ "append", OPTION_FLAG, &call->append },
		{ "nonblock", OPTION_FLAG, &call->nonblock },
		{ "offset", OPTION_NUMBER, &call->offset },
		{ "file-size", OPTION_NUMBER, &call->file_size },
		{ "make-it-fail", OPTION_FLAG, &call->make_it_fail },
		{ "vforked", OPTION_FLAG, &call->vforked },
		{ "ldt", OPTION_FLAG, &call->with_ldt },
		{ "once-restored", OPTION_TEXT, &call->once_restored },
		{ "timeout", OPTION_NUMBER, &call->timeout },
		IDENTITY_OPTIONS(call->who),
	};
	bool pipes, file;
	int places;

	if (parse_options(out, options, sizeof(options) / sizeof(options[0]),
			  argc, argv))
		return MISUSED;
	if (*argc != 1)
		return misuse(out, "too many arguments");
	if (call->restart ? call->out || call->readonly : call->in != NULL)
		return misuse(out, "--out and --readonly are for checkpoint, --in is for restart");
	if (call->once_restored && !call->restart)
		return misuse(out, "--once-restored is for restart");
	pipes = call->pipe || call->pipe_closed || call->pipe_stalled;
	file = call->out || call->in;
	places = (file || pipes) + (call->readonly != NULL) +
		 (call->fd != NOT_GIVEN) + call->closed_fd;
	if (places != 1)
		return misuse(out, "name one place for the image");
	if (call->restart && call->pid == NOT_GIVEN)
		call->self = true;
	if (call->self == (call->pid != NOT_GIVEN))
		return misuse(out, "either --pid N or --self");
	return DONE;
}

static void set_position(struct channel *channel, const struct call *call)
{
	if (call->append)
		lseek(channel->fd, 0, SEEK_END);
	else if (call->offset >= 0)
		lseek(channel->fd, (off_t)call->offset, SEEK_SET);
	channel->start = lseek(channel->fd, 0, SEEK_CUR);
}

static int open_file(struct channel *channel, const struct call *call)
{
	int flags = O_CLOEXEC | (call->nonblock ? O_NONBLOCK : 0);

	if (call->in) {
		channel->fd = open(call->in, flags | O_RDONLY);
	} else if (call->readonly) {
		channel->fd = open(call->readonly, flags | O_RDONLY | O_CREAT, 0600);
	} else {
		flags |= O_WRONLY | O_CREAT | (call->append ? O_APPEND : 0);
		flags |= call->append || call->offset >= 0 ? 0 : O_TRUNC;
		channel->fd = open(call->out, flags, 0600);
	}
	if (channel->fd < 0)
		return -1;
	set_position(channel, call);
	return 0;
}

static int open_pipe(struct channel *channel, const struct call *call)
{
	const char *path = call->restart ? call->in : call->out;
	int ends[2], mine = call->restart ? 1 : 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	channel->fd = ends[!mine];
	if (call->nonblock)
		fcntl(channel->fd, F_SETFL, O_NONBLOCK);
	if (call->pipe_closed) {
		close(ends[mine]);
		return 0;
	}
	channel->shim_end = ends[mine];
	fcntl(channel->shim_end, F_SETFL, O_NONBLOCK);
	if (!path)
		return 0;
	channel->spare = open(path, call->restart ? O_RDONLY | O_CLOEXEC :
			      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return channel->spare < 0 ? -1 : 0;
}

static int open_channel(struct channel *channel, const struct call *call)
{
	channel->fd = channel->shim_end = channel->spare = -1;
	channel->start = -1;
	channel->piped = 0;
	channel->copy_error = 0;
	if (call->pipe || call->pipe_closed || call->pipe_stalled)
		return open_pipe(channel, call);
	if (call->out || call->in || call->readonly)
		return open_file(channel, call);
	if (call->closed_fd) {
		/* A number that was good a moment ago. */
		channel->fd = dup(STDIN_FILENO);
		close(channel->fd);
		return 0;
	}
	channel->fd = (int)call->fd;
	set_position(channel, call);
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the caller, before each call but the first. */
static int renew(struct channel *channel, const struct call *call)
{
	if (call->create_each && (call->out || call->in || call->readonly)) {
		close_end(&channel->fd);
		return open_file(channel, call);
	}
	if (channel->start >= 0)
		lseek(channel->fd, (off_t)channel->start, SEEK_SET);
	if (call->out && channel->start >= 0)
		return ftruncate(channel->fd, (off_t)channel->start);
	return 0;
}

static void refuse(struct outcome *outcome, const char *what)
{
	outcome->error = errno;
	strncpy(outcome->refused, what, sizeof(outcome->refused) - 1);
	outcome->stage = REFUSED;
	_exit(1);
}

/* Whether the kernel's fault injection may hit this task. */
static void set_fallible(int fd, const char *value)
{
	if (fd >= 0 && write(fd, value, 1) != 1)
		_exit(1);
}

/* An entry that describes a data segment, as modify_ldt takes it. */
static long make_ldt(void)
{
#ifdef SYS_modify_ldt
	struct { unsigned int number, base, limit, bits; } entry = { 0, 0, 0xfffff, 0x51 };

	return syscall(SYS_modify_ldt, 1, &entry, sizeof(entry));
#else
	errno = ENOSYS;
	return -1;
#endif
}

static long call_kernel(const struct call *call, int fd, pid_t pid)
{
	unsigned long flags = (unsigned long)call->flags;

	return call->restart ? cr_restart(pid, fd, flags) : cr_checkpoint(pid, fd, flags);
}

/* By a child that has its parent's memory, while that waits for it. */
static long call_vforked(const struct call *call, int fd)
{
	volatile long ret = -1;
	volatile int error = 0;
	pid_t child = vfork();

	if (!child) {
		ret = call_kernel(call, fd, getpid());
		error = errno;
		_exit(0);
	}
	waitpid(child, NULL, 0);
	errno = error;
	return ret;
}

static void call_once(const struct call *call, struct channel *channel,
		      struct outcome *outcome, int fallible)
{
	pid_t pid = call->self ? getpid() : (pid_t)call->pid;
	int64_t since = now_us();
	long ret;

	outcome->stage = CALLING;
	set_fallible(fallible, "1");
	errno = 0;
	ret = call->vforked ? call_vforked(call, channel->fd) :
			      call_kernel(call, channel->fd, pid);
	outcome->error = ret < 0 ? errno : 0;
	set_fallible(fallible, "0");
	outcome->us = now_us() - since;
	outcome->ret = ret;
	outcome->stage = RETURNED;
	if (outcome->error > 0 && outcome->error <= MOST_ERRNO)
		outcome->errors[outcome->error]++;
	else if (outcome->ok++ == 0)
		outcome->first = ret;
	outcome->bytes = channel->start < 0 ? -1 :
		lseek(channel->fd, 0, SEEK_CUR) - channel->start;
}

static void be_caller(const struct call *call, struct channel *channel,
		      struct outcome *outcome)
{
	struct rlimit file_size = { (rlim_t)call->file_size, RLIM_INFINITY };
	const char *failed;
	int fallible = -1;
	long long i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A broken pipe and too large a file are for errno to say. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	close_end(&channel->shim_end);
	if (!call->create_each)
		close_end(&channel->spare);
	if (call->file_size >= 0 && setrlimit(RLIMIT_FSIZE, &file_size) < 0)
		refuse(outcome, "setting the file size limit");
	if (call->make_it_fail) {
		fallible = open("/proc/self/make-it-fail", O_WRONLY);
		if (fallible < 0)
			refuse(outcome, "/proc/self/make-it-fail");
	}
	if (call->with_ldt && make_ldt() < 0)
		refuse(outcome, "modify_ldt");
	failed = assume(&call->who);
	if (failed)
		refuse(outcome, failed);
	for (i = 0; i < call->count; i++) {
		if (i > 0 && renew(channel, call) < 0)
			refuse(outcome, "opening the image again");
		call_once(call, channel, outcome, fallible);
	}
	_exit(0);
}

/* Moves what the pipe holds or takes; closes the shim's end when it is over. */
static void pump(struct channel *channel, const struct call *call)
{
	static char data[65536];
	ssize_t n, done = 0;

	if (call->restart) {
		/* One page: what a pipe takes as a whole once it polls writable. */
		n = channel->spare < 0 ? 0 : read(channel->spare, data, 4096);
		if (n < 0)
			channel->copy_error = errno;
		if (n > 0)
			done = write(channel->shim_end, data, (size_t)n);
		if (n > 0 && done == n) {
			channel->piped += n;
			return;
		}
		close_end(&channel->shim_end);
		return;
	}
	n = read(channel->shim_end, data, sizeof(data));
	if (n > 0) {
		channel->piped += n;
		if (channel->spare >= 0 && !write_all(channel->spare, data, (size_t)n)) {
			channel->copy_error = errno;
			close_end(&channel->spare);
		}
	} else if (n == 0 || errno != EAGAIN) {
		close_end(&channel->shim_end);
	}
}

/*
 * Serves the pipe until the caller is gone, whose end of `life` closes then.
 * Returns false if it took too long.
 */
static bool attend(struct channel *channel, const struct call *call, int life,
		   int64_t ms)
{
	int64_t deadline = now_us() + ms * 1000, left;
	struct pollfd polls[2];

	for (;;) {
		left = ms < 0 ? -1 : (deadline - now_us() + 999) / 1000;
		if (ms >= 0 && left <= 0)
			return false;
		polls[0] = (struct pollfd){ .fd = life, .events = POLLIN };
		polls[1] = (struct pollfd){
			.fd = call->pipe_stalled ? -1 : channel->shim_end,
			.events = call->restart ? POLLOUT : POLLIN,
		};
		if (poll(polls, 2, (int)left) < 0 && errno != EINTR)
			return false;
		if (polls[1].revents)
			pump(channel, call);
		else if (polls[0].revents)
			return true;
	}
}

static void report_histogram(struct json *out, const struct outcome *outcome)
{
	int error;

	json_open(out, "counts", '{');
	if (outcome->ok)
		json_number(out, "ok", outcome->ok);
	for (error = 1; error <= MOST_ERRNO; error++)
		if (outcome->errors[error])
			json_number(out, errno_name(error), outcome->errors[error]);
	json_close(out, '}');
	json_number(out, "first", outcome->first);
}

static void report(struct json *out, const struct call *call,
		   const struct outcome *outcome, const struct channel *channel)
{
	bool piped = call->pipe || call->pipe_stalled;
	bool returned = outcome->stage == RETURNED;

	if (call->count > 1)
		report_histogram(out, outcome);
	if (returned)
		json_number(out, "ret", outcome->ret);
	else
		json_null(out, "ret");
	json_text(out, "errno", returned ? errno_name(outcome->error) : NULL);
	if (piped)
		json_number(out, "bytes", channel->piped);
	else if (returned && outcome->bytes >= 0)
		json_number(out, "bytes", outcome->bytes);
	else
		json_null(out, "bytes");
	json_number(out, "us", outcome->us);
}

/*
 * The caller has let go of its files without a word: it is dead, or another
 * task now, whose own allocations are not what was to fail. `once_restored`
 * tells that task so.
 */
static int let_go_on(const struct call *call, pid_t caller)
{
	char path[64];
	int fd;

	if (call->make_it_fail) {
		snprintf(path, sizeof(path), "/proc/%d/make-it-fail", caller);
		/* That of the dead is not there. */
		write_text(path, "0");
	}
	if (!call->once_restored)
		return 0;
	fd = open(call->once_restored, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int make_call(struct json *out, struct call *call)
{
	struct outcome *outcome;
	struct channel channel;
	int life[2], status = 0;
	bool in_time, dead;
	pid_t caller;

	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED || pipe2(life, O_CLOEXEC) < 0)
		return fail(out, "getting ready");
	if (open_channel(&channel, call) < 0)
		return fail(out, "opening the image");
	signal(SIGPIPE, SIG_IGN);
	caller = fork_as(&call->who);
	if (caller < 0)
		return fail(out, "starting the caller");
	if (caller == 0) {
		close(life[0]);
		be_caller(call, &channel, outcome);
	}
	close(life[1]);
	if (channel.shim_end >= 0)
		close_end(&channel.fd);
	in_time = dead = attend(&channel, call, life[0], call->timeout);
	if (!in_time) {
		kill(caller, SIGKILL);
		dead = attend(&channel, call, life[0], DEATH_MS);
	}
	if (dead && outcome->stage == CALLING && let_go_on(call, caller) < 0) {
		kill(caller, SIGKILL);
		return fail(out, call->once_restored);
	}
	if (dead)
		waitpid(caller, &status, 0);
	/* Whoever gets the answer may unmount at once what the image is on. */
	close_end(&channel.fd);
	if (outcome->stage == REFUSED) {
		errno = outcome->error;
		return fail(out, outcome->refused);
	}
	if (channel.copy_error) {
		errno = channel.copy_error;
		return fail(out, call->restart ? call->in : call->out);
	}
	report(out, call, outcome, &channel);
	json_number(out, "caller", caller);
	json_bool(out, "timeout", !in_time);
	json_bool(out, "ended", dead);
	if (dead)
		report_end(out, status);
	return DONE;
}

static int run_call(struct json *out, bool restart, long long count,
		    bool create_each, int argc, char **argv)
{
	struct call call = {
		.restart = restart, .count = count, .create_each = create_each,
		.pid = NOT_GIVEN, .fd = NOT_GIVEN, .offset = -1, .timeout = -1,
		.file_size = -1, .who = SAME_IDENTITY,
	};

	if (parse_call(out, &call, &argc, argv))
		return MISUSED;
	return make_call(out, &call);
}

int checkpoint_command(struct json *out, int argc, char **argv)
{
	return run_call(out, false, 1, false, argc, argv);
}

int restart_command(struct json *out, int argc, char **argv)
{
	return run_call(out, true, 1, false, argc, argv);
}

int repeat_command(struct json *out, int argc, char **argv)
{
	bool create_each = false;
	long long count;
	struct option options[] = {
		{ "create-each", OPTION_FLAG, &create_each },
	};

	if (parse_options(out, options, 1, &argc, argv))
		return MISUSED;
	if (argc < 3 || !parse_number(argv[1], &count) || count < 2)
		return misuse(out, "repeat N -- checkpoint|restart ..., N at least 2");
	if (strcmp(argv[2], "checkpoint") && strcmp(argv[2], "restart"))
		return misuse(out, "only checkpoint and restart can be repeated");
	return run_call(out, !strcmp(argv[2], "restart"), count, create_each,
			argc - 2, argv + 2);
}
