// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the tasks of an image and restarts them: help() says how to ask for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/children.h"
#include "common/write.h"
#include "cr-abi.h"
#include "restart.h"

/* The root task, and what the tool waits for: it, or its namespace's init. */
static volatile pid_t root, made;
/* Where the tasks report themselves: at its end none is left that could. */
static int reports = -1;
/* The tasks that have done so, if their pids mean anything here. */
static volatile pid_t *known;
static size_t nr_known;

/* Somebody else reaps them, soon: until then nobody can have their pids. */
static void await_gone(void)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	int tries = 5000;
	size_t i;

	for (i = 0; i < nr_known; i++)
		while (known[i] > 0 && !kill(known[i], 0) && tries--)
			nanosleep(&moment, NULL);
}

/*
 * Without the root none of the others can be restarted: they end by themselves,
 * once it is not even a zombie.
 */
static void end_tasks(void)
{
	struct word word;

	if (made <= 0)
		return;
	signal(SIGCHLD, SIG_DFL);
	kill(made, SIGKILL);
	waitpid(made, NULL, 0);
	while (reports >= 0 && read(reports, &word, sizeof(word)) > 0)
		if (nr_known && !word.error)
			known[word.index] = word.pid;
	await_gone();
}

static void make_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		give_up(EXIT_SYSTEM, "making a pipe", errno);
}

/* In the pids of the image's tree stand the old ones; puts the new ones there. */
static void renumber(struct front *front, const struct plan *plan,
		     const volatile pid_t *pids)
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
			if (old[i].ptid == old[j].pid)
				now[i].ptid = pids[j];
		}
		for (j = 0; j < plan->nr_ghosts; j++) {
			if (old[i].pgid == plan->ghosts[j].id)
				now[i].pgid = pids[front->nr_tasks + j];
			if (old[i].sid == plan->ghosts[j].id)
				now[i].sid = pids[front->nr_tasks + j];
		}
	}
	front->tasks = now;
}

/*
 * In a process of its own: the tasks read while it writes.  Once they don't any
 * more, they have either read all that they need, or say why themselves.
 */
static void feed(const struct front *front, pid_t tool, int from, int to)
{
	static char bytes[65536];
	ssize_t n;

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != tool)
		_exit(EXIT_SYSTEM);
	if (!write_all(to, front->bytes, front->length) ||
	    !write_all(to, front->tasks,
		       front->nr_tasks * sizeof(*front->tasks)))
		_exit(EXIT_SYSTEM);
	while ((n = read(from, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			_exit(EXIT_IMAGE);
		if (!write_all(to, bytes, (size_t)n))
			_exit(EXIT_SYSTEM);
	}
	_exit(0);
}

/* The root's children may live on, and nobody would hear that it does not. */
static void miss_root(int number)
{
	static const char words[] = "restart: the root task ended before it was restarted\n";

	(void)number;
	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
		_exit(EXIT_SYSTEM);
	_exit(EXIT_SYSTEM);
}

/* Returns when each task has said that it is there. */
static void gather(int words, size_t nr_tasks, volatile pid_t *pids)
{
	struct word word;
	size_t i;

	for (i = 0; i < nr_tasks; i++) {
		if (!read_all(words, &word, sizeof(word)))
			give_up(EXIT_SYSTEM, "a task ended before it was restarted", 0);
		if (word.error)
			give_up(EXIT_SYSTEM, "making a task", word.error);
		pids[word.index] = word.pid;
	}
}

static const char *advice(int error)
{
	if (error == ESTALE)
		return "restart: a file is not what it was, dmesg names it: --changed-files\n";
	if (error == ENOEXEC)
		return "restart: the kernel or processor is another, dmesg says how: "
		       "--other-kernel, --lesser-cpu\n";
	return "";
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
	fprintf(stderr, "restart: task %d of %zu was refused\n%s", word.index + 1,
		front->nr_tasks, advice(word.error));
	give_up(EXIT_REFUSED, "sys_restart", word.error);
}

static void pass_on(int signal)
{
	kill(root, signal);
}

/* Before anybody is told of the root: a signal for it must not end the tool. */
static void pass_signals(void)
{
	static const int passed[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT,
	};
	struct sigaction action = { .sa_handler = pass_on };
	size_t i;

	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		sigaction(passed[i], &action, NULL);
}

static int await_root(bool copy_status)
{
	int status;

	while (waitpid(made, &status, 0) < 0)
		if (errno != EINTR)
			give_up(EXIT_SYSTEM, "waiting for the root task", errno);
	if (!copy_status)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void usage(void)
{
	fputs("usage: restart [--pids | --pidns] [--no-wait] [--copy-status] "
	      "[--without CAPABILITIES]\n               [--other-kernel] "
	      "[--changed-files] [--lesser-cpu] [IMAGE]\n       restart --help\n", stderr);
	exit(EXIT_USAGE);
}

/*
 * The tool and all that it makes are without these capabilities. Where a program
 * starts with none less than its user may have, nobody else could see to it.
 */
static void do_without(const char *numbers)
{
	struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
	struct { uint32_t effective, permitted, inheritable; } caps[2];
	unsigned long number;
	char *end;

	if (syscall(SYS_capget, &header, caps) < 0)
		give_up(EXIT_SYSTEM, "reading the capabilities", errno);
	do {
		number = strtoul(numbers, &end, 10);
		if (end == numbers || number >= 64 || (*end && *end != ','))
			usage();
		caps[number / 32].effective &= ~(1u << number % 32);
		caps[number / 32].permitted &= ~(1u << number % 32);
		caps[number / 32].inheritable &= ~(1u << number % 32);
		numbers = end + 1;
	} while (*end);
	if (syscall(SYS_capset, &header, caps) < 0)
		give_up(EXIT_SYSTEM, "giving capabilities up", errno);
}

static void help(void)
{
	puts("restart [OPTIONS] [IMAGE]\n"
	     "Makes the tasks of a checkpoint image and restarts them. The image is a file,\n"
	     "or standard input, which may be a pipe. Says `restarted pid=N tasks=M` once all\n"
	     "of them live, N being the root task's pid; then waits for the root task to end.\n"
	     "\n"
	     "  --pids           the tasks get the pids they had; one that is taken is an error\n"
	     "  --pidns          the same in a new pid namespace, which ends with the root task\n"
	     "  --no-wait        leave as soon as the tasks live\n"
	     "  --copy-status    leave with the root task's status, or 128 + its signal\n"
	     "  --other-kernel   the image may be of another build of the kernel\n"
	     "  --changed-files  files may have other contents than at the checkpoint\n"
	     "  --lesser-cpu     the processor may lack features that programs have found\n"
	     "  --without N,…    do without these capabilities, by their numbers\n"
	     "  --make-it-fail   let the kernel's fault injection hit the system calls\n"
	     "  --help           this\n"
	     "\n"
	     "While it waits, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 and SIGCONT\n"
	     "are passed on to the root task.\n"
	     "\n"
	     "Exit status: 0 all is well; 1 the kernel refused to restart a task; 2 usage;\n"
	     "3 no image, or it can't be read; 4 a task, its pid, a pipe or memory could not\n"
	     "be obtained. In the last four cases no task is left; nor is any if the tool is\n"
	     "killed before it has said that they live.");
	exit(0);
}

int main(int argc, char **argv)
{
	static int no_wait, copy_status, fallible, pids = PIDS_ANY;
	static int other_kernel, changed_files, lesser_cpu;
	static const struct option options[] = {
		{ "pids", no_argument, &pids, PIDS_SAME },
		{ "pidns", no_argument, &pids, PIDS_SPACE },
		{ "help", no_argument, NULL, 'h' },
		{ "without", required_argument, NULL, 'w' },
		{ "no-wait", no_argument, &no_wait, 1 },
		{ "copy-status", no_argument, &copy_status, 1 },
		{ "make-it-fail", no_argument, &fallible, 1 },
		{ "other-kernel", no_argument, &other_kernel, 1 },
		{ "changed-files", no_argument, &changed_files, 1 },
		{ "lesser-cpu", no_argument, &lesser_cpu, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int words[2], go[2], fed[2], image = STDIN_FILENO, option;
	struct front front;
	struct lines lines;
	struct plan plan;
	size_t nr_made;
	pid_t feeder = -1, tool = getpid();
	off_t start;
	bool direct;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 'h')
			help();
		else if (option == 'w')
			do_without(optarg);
		else if (option)
			usage();
	if (argc - optind > 1)
		usage();
	if (optind < argc && strcmp(argv[optind], "-")) {
		image = open(argv[optind], O_RDONLY);
		if (image < 0)
			give_up(EXIT_IMAGE, argv[optind], errno);
	}

	start = lseek(image, 0, SEEK_CUR);
	read_front(image, &front);
	plan = make_plan(&front);
	nr_made = plan.nr_tasks + plan.nr_ghosts;
	make_pipe(words);
	make_pipe(go);
	make_pipe(fed);
	make_pipe(lines.joined);
	lines.words = words[1];
	lines.go = go[0];
	lines.fallible = fallible;
	lines.flags = (other_kernel ? RESTART_OTHER_KERNEL : 0) |
		      (changed_files ? RESTART_CHANGED_FILES : 0) |
		      (lesser_cpu ? RESTART_LESSER_CPU : 0);
	/* With its pids it can be read as it is, if it can be read again. */
	direct = pids != PIDS_ANY && start >= 0 &&
		 lseek(image, start, SEEK_SET) == start;
	lines.image = direct ? image : fed[0];
	lines.pids = mmap(NULL, (nr_made + 1) * sizeof(pid_t),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	if (lines.pids == MAP_FAILED)
		give_up(EXIT_SYSTEM, "sharing the pids", errno);
	lines.done = lines.pids + nr_made;
	known = lines.pids;
	nr_known = pids == PIDS_SPACE ? 0 : nr_made;

	fflush(stdout);
	undo_by(end_tasks);
	signal(SIGCHLD, miss_root);
	root = made = make_tasks(&plan, &lines, pids,
				 (int[]){ words[0], go[1], fed[1],
					  direct ? fed[0] : image });
	if (made < 0)
		give_up(EXIT_SYSTEM, "making the root task", errno);
	close(words[1]);
	close(go[0]);
	close(fed[0]);
	close(lines.joined[0]);
	close(lines.joined[1]);
	reports = words[0];

	gather(words[0], nr_made, lines.pids);
	signal(SIGCHLD, SIG_DFL);
	if (pids == PIDS_ANY)
		renumber(&front, &plan, lines.pids);
	if (pids == PIDS_SPACE && front.tasks[0].pid != 1)
		root = first_child(made);
	if (root < 0)
		give_up(EXIT_SYSTEM, "finding the root task", ESRCH);
	if (!direct) {
		feeder = fork();
		if (feeder < 0)
			give_up(EXIT_SYSTEM, "making a process that reads on",
				errno);
	}
	if (!feeder) {
		close(words[0]);
		close(go[1]);
		feed(&front, tool, image, fed[1]);
	}
	close(fed[1]);
	close(go[1]);
	await_restart(words[0], &front);
	*lines.done = 1;
	while (!direct && waitpid(feeder, NULL, 0) < 0 && errno == EINTR)
		;

	if (!no_wait)
		pass_signals();
	printf("restarted pid=%d tasks=%zu\n", (int)root, front.nr_tasks);
	fflush(stdout);
	return no_wait ? 0 : await_root(copy_status);
}
