// SPDX-License-Identifier: GPL-2.0
/* Workloads with many descriptors, or with descriptors of unusual kinds. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "work.h"

#define MANY	1000
#define ENTRIES	200

static int fds[MANY], ends[2], fd;

/* Each has a position of its own in one file, but for every tenth, which is a twin. */
static void prepare_thousand(void)
{
	int i;

	for (i = 0; i < MANY; i++) {
		fds[i] = i % 10 ? open(own("file"), O_RDWR | O_CREAT, 0600)
				: dup(i ? fds[i - 1] : 0);
		HOLDS(fds[i] >= 0);
		if (i % 10)
			HOLDS(lseek(fds[i], i * 10, SEEK_SET) == i * 10);
		if (i % 3 == 0)
			HOLDS(!fcntl(fds[i], F_SETFD, FD_CLOEXEC));
	}
}

static void verify_thousand(void)
{
	int i;

	for (i = 1; i < MANY; i++) {
		HOLDS(fcntl(fds[i], F_GETFD) == (i % 3 ? 0 : FD_CLOEXEC));
		HOLDS(lseek(fds[i], 0, SEEK_CUR) == (i % 10 ? i : i - 1) * 10);
	}
	HOLDS(lseek(fds[9], 5, SEEK_SET) == 5 && lseek(fds[10], 0, SEEK_CUR) == 5);
}

static char listed[ENTRIES];
static DIR *folder;

static void take_entries(int most)
{
	struct dirent *entry;
	int number;

	while (most-- && (entry = readdir(folder)))
		if (sscanf(entry->d_name, "entry-%d", &number) == 1)
			listed[number]++;
}

/* Some of a folder has been read: the rest comes, and nothing twice. */
static void prepare_listing(void)
{
	char name[32];
	int i;

	HOLDS(!mkdir(own("many"), 0700));
	for (i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "many/entry-%d", i);
		HOLDS(!close(open(own(name), O_CREAT | O_WRONLY, 0600)));
	}
	folder = opendir(own("many"));
	HOLDS(folder);
	take_entries(100);
}

static void verify_listing(void)
{
	int i;

	take_entries(ENTRIES * 2);
	for (i = 0; i < ENTRIES; i++)
		HOLDS(listed[i] == 1);
}

static void prepare_flags(void)
{
	fd = open(own("file"), O_RDWR | O_CREAT | O_DSYNC | O_NOATIME | O_NONBLOCK, 0600);
	HOLDS(fd >= 0);
	fds[0] = fcntl(fd, F_GETFL);
	HOLDS(fds[0] & O_NOATIME);
}

static void verify_flags(void)
{
	HOLDS(fcntl(fd, F_GETFL) == fds[0]);
}

/* Beyond the end of the file: what is skipped is a hole. */
static void prepare_beyond(void)
{
	fd = open(own("file"), O_RDWR | O_CREAT, 0600);
	HOLDS(write(fd, "begin", 5) == 5);
	HOLDS(lseek(fd, 1LL << 32, SEEK_SET) == 1LL << 32);
}

static void verify_beyond(void)
{
	char bytes[8] = "";

	HOLDS(write(fd, "end", 3) == 3);
	HOLDS(lseek(fd, 0, SEEK_END) == (1LL << 32) + 3);
	HOLDS(pread(fd, bytes, 7, 0) == 7 && !memcmp(bytes, "begin\0\0", 7));
}

/* Two who write lines into one file: none is lost or torn. */
static int number;

static void write_line(const char *who)
{
	char line[32];

	snprintf(line, sizeof(line), "%s %d\n", who, number++);
	HOLDS(write(fd, line, strlen(line)) == (ssize_t)strlen(line));
}

static int write_lines(void *unused)
{
	(void)unused;
	settle();
	while (!may_end()) {
		write_line("child");
		usleep(1000);
	}
	return 3;
}

static void prepare_writers(void)
{
	fd = open(own("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	HOLDS(fd >= 0);
	child(write_lines, NULL);
}

static void step_writers(void)
{
	write_line("parent");
}

static void verify_writers(void)
{
	int next[2] = { 0, 0 }, found, who;
	FILE *file;
	char name[16];

	step_writers();
	reap(3);
	file = fopen(own("log"), "r");
	HOLDS(file);
	while (fscanf(file, "%15s %d", name, &found) == 2) {
		who = !strcmp(name, "child");
		HOLDS(who || !strcmp(name, "parent"));
		HOLDS(found == next[who]++);
	}
	HOLDS(next[0] == number && next[1] > 0);
}

/* A writing end that only a grandchild has, and one that does not wait. */
static int keep_end(void *unused)
{
	(void)unused;
	close(ends[0]);
	await_end();
	return write(ends[1], "late", 4) == 4 ? 4 : 1;
}

static int pass_end(void *unused)
{
	(void)unused;
	child(keep_end, NULL);
	close(ends[0]);
	close(ends[1]);
	reap(4);
	return 5;
}

static void prepare_far_end(void)
{
	HOLDS(!pipe(ends));
	fd = dup(ends[0]);
	HOLDS(!fcntl(fd, F_SETFL, O_NONBLOCK));
	child(pass_end, NULL);
	close(ends[1]);
}

static void verify_far_end(void)
{
	char bytes[8];

	/* A twin shares its flags, too. */
	HOLDS(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
	HOLDS(!fcntl(fd, F_SETFL, 0));
	HOLDS(read(ends[0], bytes, 8) == 4 && !memcmp(bytes, "late", 4));
	HOLDS(read(ends[0], bytes, 8) == 0);
	reap(5);
}

/* An ordinary file of two megabytes, half of it read. */
static void prepare_half_read(void)
{
	static unsigned char bytes[1 << 16];
	int i;

	fd = open(own("file"), O_RDWR | O_CREAT, 0600);
	for (i = 0; i < 32; i++) {
		fill(bytes, sizeof(bytes), (size_t)i * sizeof(bytes));
		HOLDS(write(fd, bytes, sizeof(bytes)) == sizeof(bytes));
	}
	HOLDS(lseek(fd, 16 * sizeof(bytes), SEEK_SET) > 0);
}

static void verify_half_read(void)
{
	static unsigned char bytes[1 << 16];
	int i;

	for (i = 16; i < 32; i++) {
		HOLDS(read(fd, bytes, sizeof(bytes)) == sizeof(bytes));
		HOLDS(filled(bytes, sizeof(bytes), (size_t)i * sizeof(bytes)));
	}
	HOLDS(read(fd, bytes, 1) == 0);
}

/* No standard input or output at all, and a gap among the others. */
static void prepare_gaps(void)
{
	close(0);
	close(1);
	close(2);
	fd = open("/dev/null", O_RDWR);
	HOLDS(fd == 0 && dup2(fd, 200) == 200 && !close(0));
}

static void verify_gaps(void)
{
	HOLDS(fcntl(0, F_GETFD) < 0 && errno == EBADF);
	HOLDS(fcntl(199, F_GETFD) < 0 && write(200, "x", 1) == 1);
	HOLDS(open("/dev/null", O_RDWR) == 0);
}

const struct workload workloads_streams[] = {
	{ "thousand", "a thousand descriptors", prepare_thousand, NULL, verify_thousand, false },
	{ "listing", "a folder that is half read", prepare_listing, NULL, verify_listing, false },
	{ "file-flags", "O_DSYNC, O_NOATIME, O_NONBLOCK", prepare_flags, NULL,
	  verify_flags, false },
	{ "beyond-end", "a position after a file's end", prepare_beyond, NULL,
	  verify_beyond, false },
	{ "writers", "two who append to one file", prepare_writers, step_writers,
	  verify_writers, false },
	{ "far-end", "a pipe's end that a grandchild has", prepare_far_end, NULL,
	  verify_far_end, false },
	{ "half-read", "a file of two megabytes, half of it read", prepare_half_read,
	  NULL, verify_half_read, false },
	{ "gaps", "gaps among the descriptors", prepare_gaps, NULL, verify_gaps, false },
	{ .name = NULL },
};
