// SPDX-License-Identifier: GPL-2.0
/*
 * How a target that answers for itself hears its keeper and is heard: through
 * FIFOs that it has open only while it reads or writes, so that at rest, and
 * in a checkpoint of its own, it holds no descriptor of anybody else's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subject.h"

static char paths[2][64];
enum { QUESTIONS, ANSWERS };
static int questions = -1, answers = -1;

static void remove_fifos(void)
{
	unlink(paths[QUESTIONS]);
	unlink(paths[ANSWERS]);
}

static int open_answers(void)
{
	return open(paths[ANSWERS], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* In the keeper, before there is a target. */
void prepare_talk(void)
{
	static char buffer[65536];
	mode_t mask = umask(0);
	int i;

	for (i = 0; i < 2; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/tmp/subject-%d.%d",
			 getpid(), i);
		unlink(paths[i]);
		if (mkfifo(paths[i], 0666) < 0)
			fail("making a fifo in /tmp");
	}
	umask(mask);
	atexit(remove_fifos);
	/* Both ways, so as not to wait for the other end. */
	questions = open(paths[QUESTIONS], O_RDWR | O_CLOEXEC);
	answers = open_answers();
	if (questions < 0 || answers < 0)
		fail("opening the fifos");
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

/* In the target: from here on a question waits until hear() asks for it. */
void start_talk(void)
{
	sigset_t question;

	sigemptyset(&question);
	sigaddset(&question, SIGUSR1);
	sigprocmask(SIG_SETMASK, &question, NULL);
	close(questions);
	close(answers);
}

/* In the target: the next line, without its end. */
void hear(char *line, size_t room)
{
	sigset_t question;
	ssize_t n;
	int fd;

	sigemptyset(&question);
	sigaddset(&question, SIGUSR1);
	while (sigwaitinfo(&question, NULL) < 0)
		;
	fd = open(paths[QUESTIONS], O_RDONLY | O_CLOEXEC);
	n = read(fd, line, room - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* In the target: sends what it has printed. */
void reply(void)
{
	int fd = open(paths[ANSWERS], O_WRONLY | O_CLOEXEC);

	if (fd != STDOUT_FILENO) {
		dup2(fd, STDOUT_FILENO);
		close(fd);
	}
	fflush(stdout);
	close(STDOUT_FILENO);
}

/* In the keeper. */
void ask(pid_t target, const char *line)
{
	if (dprintf(questions, "%s\n", line) < 0)
		fail("asking the target");
	kill(target, SIGUSR1);
}

/* In the keeper: what to poll for answers, -1 for a target that does not talk. */
int answers_fd(void)
{
	return answers;
}

/* In the keeper: passes on what the target has said. */
void pass_answers(void)
{
	char text[4096];
	ssize_t n;

	while ((n = read(answers, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)n, stdout);
	fflush(stdout);
	if (n < 0)
		return;
	/* The target has closed its end; what it says next comes anew. */
	close(answers);
	answers = open_answers();
}
