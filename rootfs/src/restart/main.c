// SPDX-License-Identifier: GPL-2.0
/*
 * restart [--no-wait] [--copy-status] [IMAGE]
 *
 * Makes the tasks of an image, with pids of their own, and restarts them. The
 * image comes from a file or from standard input, which may be a pipe. Says
 * `restarted pid=N tasks=M` once all of them live, N being the root's pid.
 * Then waits for the root, passing signals on to it, unless told not to.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/names.h"
#include "restart.h"

static volatile pid_t root;

void give_up(int status, const char *what, int error)
{
	if (error)
		fprintf(stderr, "restart: %s: %s\n", what, errno_name(error));
	else
		fprintf(stderr, "restart: %s\n", what);
	if (root > 0)
		kill(root, SIGKILL);
	exit(status);
}

static void make_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		give_up(EXIT_SYSTEM, "making a pipe", errno);
}

/* In the pids of the image's tree stand the old ones; puts the new ones there. */
static void renumber(struct front *front, const volatile pid_t *pids)
{
	struct task_ids *old = front->tasks, *now;
	size_t i, j;

	now = calloc(front->nr_tasks, sizeof(*now));
	if (!now)
		give_up(EXIT_SYSTEM, "keeping the tree", ENOMEM);
	for (i = 0; i < front->nr_tasks; i++) {
		now[i].pid = pids[i];
		for (j = 0; j < front->nr_tasks; j++) {
			if (old[i].ppid == old[j].pid)
				now[i].ppid = pids[j];
			if (old[i].tgid == old[j].pid)
				now[i].tgid = pids[j];
			if (old[i].pgid == old[j].pid)
				now[i].pgid = pids[j];
			if (old[i].sid == old[j].pid)
				now[i].sid = pids[j];
		}
	}
	front->tasks = now;
}

/* In a process of its own: the tasks read while it writes. */
static void feed(const struct front *front, int from, int to)
{
	static char bytes[65536];
	ssize_t n;

	signal(SIGPIPE, SIG_IGN);
	write_all(to, front->bytes, front->length);
	write_all(to, front->tasks, front->nr_tasks * sizeof(*front->tasks));
	while ((n = read(from, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			_exit(EXIT_IMAGE);
		write_all(to, bytes, (size_t)n);
	}
	_exit(0);
}

/* Returns when each task has said that it is there. */
static void gather(int words, const struct front *front, volatile pid_t *pids)
{
	struct word word;
	size_t i;

	for (i = 0; i < front->nr_tasks; i++) {
		if (!read_all(words, &word, sizeof(word)))
			give_up(EXIT_SYSTEM, "a task ended before it was restarted", 0);
		if (word.error)
			give_up(EXIT_SYSTEM, "making a task", word.error);
		pids[word.index] = word.pid;
	}
}

/*
 * A task that is restarted has the descriptors of the image, and no longer this
 * pipe: when nobody has it any more, all of them are.
 */
static void await_restart(int words, const struct front *front)
{
	struct word word;

	if (!read_all(words, &word, sizeof(word)))
		return;
	fprintf(stderr, "restart: task %d of %zu was refused\n", word.index + 1,
		front->nr_tasks);
	give_up(EXIT_REFUSED, "sys_restart", word.error);
}

static void pass_on(int signal)
{
	kill(root, signal);
}

static int await_root(bool copy_status)
{
	static const int passed[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
	};
	struct sigaction action = { .sa_handler = pass_on };
	size_t i;
	int status;

	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		sigaction(passed[i], &action, NULL);
	while (waitpid(root, &status, 0) < 0)
		if (errno != EINTR)
			give_up(EXIT_SYSTEM, "waiting for the root task", errno);
	if (!copy_status)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void usage(void)
{
	fputs("usage: restart [--no-wait] [--copy-status] [IMAGE]\n", stderr);
	exit(EXIT_USAGE);
}

int main(int argc, char **argv)
{
	static int no_wait, copy_status;
	static const struct option options[] = {
		{ "no-wait", no_argument, &no_wait, 1 },
		{ "copy-status", no_argument, &copy_status, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int words[2], go[2], fed[2], image = STDIN_FILENO, option;
	struct front front;
	struct lines lines;
	pid_t feeder;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option)
			usage();
	if (argc - optind > 1)
		usage();
	if (optind < argc && strcmp(argv[optind], "-")) {
		image = open(argv[optind], O_RDONLY);
		if (image < 0)
			give_up(EXIT_IMAGE, argv[optind], errno);
	}

	read_front(image, &front);
	make_pipe(words);
	make_pipe(go);
	make_pipe(fed);
	lines.words = words[1];
	lines.go = go[0];
	lines.image = fed[0];
	lines.pids = mmap(NULL, front.nr_tasks * sizeof(pid_t),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	if (lines.pids == MAP_FAILED)
		give_up(EXIT_SYSTEM, "sharing the pids", errno);

	fflush(stdout);
	root = make_tasks(&front, &lines, (int[]){ words[0], go[1], fed[1], image });
	if (root < 0)
		give_up(EXIT_SYSTEM, "making the root task", errno);
	close(words[1]);
	close(go[0]);
	close(fed[0]);

	gather(words[0], &front, lines.pids);
	renumber(&front, lines.pids);
	feeder = fork();
	if (feeder < 0)
		give_up(EXIT_SYSTEM, "making a process that reads on", errno);
	if (!feeder) {
		close(words[0]);
		close(go[1]);
		feed(&front, image, fed[1]);
	}
	close(fed[1]);
	close(go[1]);
	await_restart(words[0], &front);
	while (waitpid(feeder, NULL, 0) < 0 && errno == EINTR)
		;

	printf("restarted pid=%d tasks=%zu\n", (int)root, front.nr_tasks);
	fflush(stdout);
	return no_wait ? 0 : await_root(copy_status);
}
