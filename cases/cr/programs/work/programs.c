// SPDX-License-Identifier: GPL-2.0
/* Workloads that are programs as they are: nothing in them knows of the lab. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "work.h"

#define LINES	400

static int feed[2];

static int await_nothing(void)
{
	DIR *folder = opendir("/proc");
	char path[300], text[512], name[64], state;
	struct dirent *entry;
	int pid, group, count = 0;
	FILE *file;

	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file) &&
		    sscanf(text, "%d (%63[^)]) %c %*d %d", &pid, name, &state,
			   &group) == 4 &&
		    group == getpgrp() && state == 'S' && strcmp(name, "work"))
			count++;
		fclose(file);
	}
	if (folder)
		closedir(folder);
	return count;
}

/* All of them run another program by now, and each waits for something. */
static void await_programs(int count)
{
	int left;

	do
		HOLDS(!ioctl(feed[1], FIONREAD, &left));
	while (left || await_nothing() != count);
}

static void run(const char *script, const char *output)
{
	pid_t pid;
	int fd;

	HOLDS(getpgrp() == getpid() || !setpgid(0, 0));
	HOLDS(!pipe(feed));
	pid = fork();
	HOLDS(pid >= 0);
	if (pid)
		return;
	close(feed[1]);
	fd = open(own(output), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || chdir(own("")) < 0)
		_exit(101);
	dup2(feed[0], 0);
	dup2(fd, 1);
	close(feed[0]);
	close(fd);
	setenv("KEPT", "a value", 1);
	execl("/bin/busybox", "sh", "-c", script, "the script", "an argument", NULL);
	_exit(102);
}

static void say_lines(int from, int to)
{
	char line[32];
	int i;

	for (i = from; i < to; i++) {
		snprintf(line, sizeof(line), "line %04d\n", i * 7 % LINES);
		HOLDS(write(feed[1], line, strlen(line)) == (ssize_t)strlen(line));
	}
}

static void end_of_lines(void)
{
	close(feed[0]);
	close(feed[1]);
	reap(0);
}

static FILE *result(const char *name)
{
	FILE *file = fopen(own(name), "r");

	HOLDS(file);
	return file;
}

static void read_result(const char *name, char *text, int size)
{
	FILE *file = result(name);

	HOLDS(fgets(text, size, file));
	fclose(file);
}

static void prepare_pipeline(void)
{
	run("cat | tr a-z A-Z | sort", "sorted");
	say_lines(0, LINES / 2);
	await_programs(4);
}

static void verify_pipeline(void)
{
	char line[64], wanted[64];
	FILE *file;
	int i;

	say_lines(LINES / 2, LINES);
	end_of_lines();
	file = result("sorted");
	for (i = 0; i < LINES; i++) {
		snprintf(wanted, sizeof(wanted), "LINE %04d\n", i);
		HOLDS(fgets(line, sizeof(line), file) && !strcmp(line, wanted));
	}
	HOLDS(!fgets(line, sizeof(line), file));
}

/* What it has read of its input is in its memory alone. */
static void prepare_checksum(void)
{
	run("exec sha256sum", "sum");
	say_lines(0, LINES / 2);
	await_programs(1);
}

static void verify_checksum(void)
{
	char first[80], second[80];

	say_lines(LINES / 2, LINES);
	end_of_lines();
	read_result("sum", first, sizeof(first));
	run("exec sha256sum", "again");
	say_lines(0, LINES);
	end_of_lines();
	read_result("again", second, sizeof(second));
	HOLDS(strlen(first) > 64 && !strcmp(first, second));
}

/* A shell that has read, counted and remembered. */
static void prepare_shell(void)
{
	run("n=0; all=; while read word number; do n=$((n + 1)); "
	    "all=\"$number$all\"; done; echo \"$n $all $KEPT $1 $0\"", "told");
	say_lines(0, 20);
	await_programs(1);
}

static void verify_shell(void)
{
	char wanted[512] = "40 ", text[512];
	int i;

	say_lines(20, 40);
	end_of_lines();
	for (i = 39; i >= 0; i--)
		snprintf(wanted + strlen(wanted), 8, "%04d", i * 7 % LINES);
	strcat(wanted, " a value an argument the script\n");
	read_result("told", text, sizeof(text));
	HOLDS(!strcmp(text, wanted));
}

/* It starts a program a round: some are being born or dying when it is saved. */
static void prepare_shell_loop(void)
{
	struct stat status;

	run("i=0; until [ -e go ]; do i=$((i + 1)); echo $i; sleep 0.01; done", "log");
	/* Whatever it is at, there is a first line. */
	while (stat(own("log"), &status) < 0 || status.st_size < 2)
		usleep(1000);
}

static void verify_shell_loop(void)
{
	int last = 0, number;
	FILE *file;

	end_of_lines();
	for (file = result("log"); fscanf(file, "%d", &number) == 1; last++)
		HOLDS(number == last + 1);
	HOLDS(last >= 1);
}

static void prepare_tail(void)
{
	run("exec tail -n +1 -f lines", "followed");
	await_programs(1);
}

static int line_number;

static void step_tail(void)
{
	FILE *file = fopen(own("lines"), "a");

	HOLDS(file && fprintf(file, "%d\n", line_number++) > 0);
	HOLDS(!fclose(file));
}

static void verify_tail(void)
{
	int fd = open(own("followed"), O_RDONLY), line, number;
	off_t size;
	FILE *file;

	step_tail();
	file = result("lines");
	HOLDS(!fseek(file, 0, SEEK_END));
	size = ftell(file);
	while (lseek(fd, 0, SEEK_END) < size)
		;
	signal(SIGTERM, SIG_IGN);
	HOLDS(!kill(0, SIGTERM));
	file = result("followed");
	for (line = 0; fscanf(file, "%d", &number) == 1; line++)
		HOLDS(number == line);
	HOLDS(line == line_number);
}

static void prepare_tail_first(void)
{
	step_tail();
	prepare_tail();
}

/* In the middle of a record of 100 bytes. */
static void prepare_dd(void)
{
	run("exec dd iflag=fullblock bs=100 count=40 2>/dev/null", "copied");
	say_lines(0, 155);
	await_programs(1);
}

static void verify_dd(void)
{
	char line[32], wanted[32];
	FILE *file;
	int i;

	say_lines(155, LINES);
	end_of_lines();
	file = result("copied");
	for (i = 0; i < LINES; i++) {
		snprintf(wanted, sizeof(wanted), "line %04d\n", i * 7 % LINES);
		HOLDS(fgets(line, sizeof(line), file) && !strcmp(line, wanted));
	}
}

static void prepare_sleep(void)
{
	run("exec sleep 1", "nothing");
	await_programs(1);
}

static void verify_sleep(void)
{
	end_of_lines();
}

const struct workload workloads_programs[] = {
	{ "pipeline", "cat | tr | sort", prepare_pipeline, NULL, verify_pipeline, false },
	{ "checksum", "sha256sum of a pipe", prepare_checksum, NULL, verify_checksum, false },
	{ "shell", "a shell's variables, arguments and environment", prepare_shell, NULL,
	  verify_shell, false },
	{ "shell-loop", "a shell that starts programs", prepare_shell_loop, NULL,
	  verify_shell_loop, false },
	{ "tail", "tail -f of a growing file", prepare_tail_first, step_tail, verify_tail, false },
	{ "dd", "dd of a pipe", prepare_dd, NULL, verify_dd, false },
	{ "sleep", "sleep 1", prepare_sleep, NULL, verify_sleep, false },
	{ .name = NULL },
};
