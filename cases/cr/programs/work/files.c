// SPDX-License-Identifier: GPL-2.0
/* Workloads whose state is open files and pipes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "work.h"

static int fd, twin, plain, ends[2], back[2];

static void make(const char *name, size_t length)
{
	unsigned char bytes[4096];
	int made = open(own(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

	HOLDS(made >= 0 && length <= sizeof(bytes));
	fill(bytes, length, 0);
	HOLDS(write(made, bytes, length) == (ssize_t)length);
	close(made);
}

static void prepare_offset(void)
{
	make("file", 4096);
	fd = open(own("file"), O_RDWR);
	HOLDS(lseek(fd, 1234, SEEK_SET) == 1234);
}

static void verify_offset(void)
{
	unsigned char bytes[100];

	HOLDS(lseek(fd, 0, SEEK_CUR) == 1234);
	HOLDS(read(fd, bytes, 100) == 100);
	HOLDS(filled(bytes, 100, 1234));
	HOLDS((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
}

static void prepare_modes(void)
{
	make("file", 10);
	fd = open(own("file"), O_WRONLY | O_APPEND);
	twin = open(own("file"), O_RDONLY | O_NONBLOCK);
	plain = open(own("file"), O_RDONLY | O_CLOEXEC);
	HOLDS(fd >= 0 && twin >= 0 && plain >= 0);
}

static void verify_modes(void)
{
	char byte;

	HOLDS((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
	HOLDS(fcntl(twin, F_GETFL) & O_NONBLOCK);
	HOLDS(fcntl(fd, F_GETFD) == 0);
	HOLDS(fcntl(plain, F_GETFD) == FD_CLOEXEC);
	HOLDS(read(fd, &byte, 1) < 0 && errno == EBADF);
	HOLDS(write(twin, "x", 1) < 0 && errno == EBADF);
	HOLDS(write(fd, "x", 1) == 1);
	HOLDS(lseek(plain, 0, SEEK_END) == 11);
}

/* A dup'ed descriptor shares its offset; one opened again does not. */
static void prepare_dup(void)
{
	make("file", 4096);
	fd = open(own("file"), O_RDWR);
	twin = dup2(fd, 77);
	plain = open(own("file"), O_RDWR);
	HOLDS(fd >= 0 && twin == 77 && plain >= 0);
}

static void verify_dup(void)
{
	HOLDS(lseek(fd, 500, SEEK_SET) == 500);
	HOLDS(lseek(77, 0, SEEK_CUR) == 500);
	HOLDS(lseek(plain, 0, SEEK_CUR) == 0);
}

static int move_offset(void *unused)
{
	(void)unused;
	await_end();
	return lseek(fd, 321, SEEK_SET) == 321 ? 6 : 1;
}

static void prepare_fork_shared(void)
{
	make("file", 4096);
	fd = open(own("file"), O_RDWR);
	child(move_offset, NULL);
}

static void verify_fork_shared(void)
{
	reap(6);
	HOLDS(lseek(fd, 0, SEEK_CUR) == 321);
}

static const char *const devices[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
};
static int opened[5];

static void prepare_devices(void)
{
	int i;

	for (i = 0; i < 5; i++) {
		opened[i] = open(devices[i], O_RDWR);
		HOLDS(opened[i] >= 0);
	}
}

static void verify_devices(void)
{
	struct stat now, then;
	char byte = 1;
	int i;

	for (i = 0; i < 5; i++) {
		HOLDS(!fstat(opened[i], &now) && !stat(devices[i], &then));
		HOLDS(now.st_rdev == then.st_rdev);
	}
	HOLDS(read(opened[0], &byte, 1) == 0);
	HOLDS(read(opened[1], &byte, 1) == 1 && byte == 0);
	HOLDS(write(opened[2], "x", 1) < 0 && errno == ENOSPC);
	HOLDS(read(opened[4], &byte, 1) == 1);
}

static void prepare_folder(void)
{
	HOLDS(!mkdir(own("folder"), 0700));
	make("folder/inside", 5);
	fd = open(own("folder"), O_RDONLY | O_DIRECTORY);
	HOLDS(fd >= 0);
}

static void verify_folder(void)
{
	int inside = openat(fd, "inside", O_RDONLY);

	HOLDS(inside >= 0);
	HOLDS(lseek(inside, 0, SEEK_END) == 5);
}

/* What is on its way in a pipe must come out, all of it and in order. */
static void prepare_pipe(void)
{
	unsigned char bytes[6000];

	HOLDS(!pipe(ends));
	fill(bytes, sizeof(bytes), 40);
	HOLDS(write(ends[1], bytes, sizeof(bytes)) == sizeof(bytes));
	HOLDS(read(ends[0], bytes, 1000) == 1000);
}

static void verify_pipe(void)
{
	unsigned char bytes[6000];

	HOLDS(read(ends[0], bytes, sizeof(bytes)) == 5000);
	HOLDS(filled(bytes, 5000, 1040));
	HOLDS(!fcntl(ends[0], F_SETFL, O_NONBLOCK));
	HOLDS(read(ends[0], bytes, 1) < 0 && errno == EAGAIN);
	HOLDS(write(ends[1], "x", 1) == 1 && read(ends[0], bytes, 1) == 1);
}

static void prepare_pipe_full(void)
{
	unsigned char byte;
	size_t n = 0;

	HOLDS(!pipe(ends));
	HOLDS(!fcntl(ends[1], F_SETFL, O_NONBLOCK));
	for (;; n++) {
		byte = pattern(n);
		if (write(ends[1], &byte, 1) != 1)
			break;
	}
	HOLDS(n == 65536);
}

static void verify_pipe_full(void)
{
	static unsigned char bytes[65536];
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(bytes)) {
		n = read(ends[0], bytes + used, sizeof(bytes) - used);
		HOLDS(n > 0);
		used += (size_t)n;
	}
	HOLDS(filled(bytes, sizeof(bytes), 0));
}

/* Adds one to each byte that comes and sends it back. */
static int answer(void *unused)
{
	unsigned char byte;

	(void)unused;
	close(ends[1]);
	close(back[0]);
	settle();
	while (read(ends[0], &byte, 1) == 1) {
		byte++;
		if (write(back[1], &byte, 1) != 1)
			return 1;
	}
	return 8;
}

static unsigned char last;

static void prepare_ping_pong(void)
{
	HOLDS(!pipe(ends) && !pipe(back));
	child(answer, NULL);
	close(ends[0]);
	close(back[1]);
}

static void step_ping_pong(void)
{
	unsigned char byte = last;

	HOLDS(write(ends[1], &byte, 1) == 1);
	HOLDS(read(back[0], &byte, 1) == 1);
	HOLDS(byte == (unsigned char)(last + 1));
	last = byte;
}

static void verify_ping_pong(void)
{
	step_ping_pong();
	close(ends[1]);
	reap(8);
	HOLDS(read(back[0], &last, 1) == 0);
}

static void prepare_fifo(void)
{
	HOLDS(!mkfifo(own("fifo"), 0600));
	fd = open(own("fifo"), O_RDWR);
	HOLDS(fd >= 0);
	HOLDS(write(fd, "on its way", 10) == 10);
}

static void verify_fifo(void)
{
	char bytes[32];

	HOLDS(read(fd, bytes, sizeof(bytes)) == 10);
	HOLDS(!memcmp(bytes, "on its way", 10));
	/* It is still the one of that name. */
	twin = open(own("fifo"), O_WRONLY | O_NONBLOCK);
	HOLDS(twin >= 0 && write(twin, "x", 1) == 1);
	HOLDS(read(fd, bytes, 1) == 1);
}

/* Only the writing end is left: who writes must hear of it. */
static void prepare_half_pipe(void)
{
	HOLDS(!pipe(ends));
	HOLDS(write(ends[1], "rest", 4) == 4);
	close(ends[1]);
}

static void verify_half_pipe(void)
{
	char bytes[8];

	HOLDS(read(ends[0], bytes, 8) == 4 && !memcmp(bytes, "rest", 4));
	HOLDS(read(ends[0], bytes, 8) == 0);
}

const struct workload workloads_files[] = {
	{ "file-offset", "a position in a file", prepare_offset, NULL, verify_offset, false },
	{ "file-modes", "O_APPEND, O_NONBLOCK, O_CLOEXEC, access modes",
	  prepare_modes, NULL, verify_modes, false },
	{ "file-dup", "descriptors that share an offset", prepare_dup, NULL, verify_dup, false },
	{ "file-shared", "a file shared with a child", prepare_fork_shared, NULL,
	  verify_fork_shared, false },
	{ "devices", "null, zero, full, random, urandom", prepare_devices, NULL,
	  verify_devices, false },
	{ "folder", "an open directory", prepare_folder, NULL, verify_folder, false },
	{ "pipe", "a pipe with data in it", prepare_pipe, NULL, verify_pipe, false },
	{ "pipe-full", "a full pipe, byte by byte", prepare_pipe_full, NULL,
	  verify_pipe_full, false },
	{ "pipe-half", "a pipe whose writer has gone", prepare_half_pipe, NULL,
	  verify_half_pipe, false },
	{ "ping-pong", "two processes and two pipes", prepare_ping_pong,
	  step_ping_pong, verify_ping_pong, false },
	{ "fifo", "a FIFO with data in it", prepare_fifo, NULL, verify_fifo, false },
	{ .name = NULL },
};
