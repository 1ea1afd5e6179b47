/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A subject is two processes. The target puts itself into a state; its parent,
 * the keeper, makes sure that it is there, says so, and answers questions for
 * it: a frozen or dead task cannot. A settled target shares nothing with its
 * keeper: no memory and no descriptors.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct subject {
	const char *name, *about;

	/* In the keeper, before there is a target. */
	void (*prepare)(char **args);
	/* In the keeper: a child of its own that runs this, made otherwise than by fork. */
	pid_t (*make)(int (*run)(void *), void *argument, int flags);
	/* In the target: reaches the state, calls settled(), stays in it. */
	void (*target)(char **args);
	/* In the keeper: waits until the state is reached for sure. */
	void (*reached)(pid_t target);
	/* In the keeper: words for the ready line. */
	void (*facts)(pid_t target);
	/* In the keeper: answers a line; false if it knows no such question. */
	bool (*answer)(pid_t target, const char *line);

	bool may_end;	/* the target's end is not the keeper's */
	bool talks;	/* the target itself hears lines and replies */
	bool hidden;	/* the target is not dumpable, and wants to be so */
};

extern const struct subject beside, busy_table, caller, churning, counter, crowd,
	guarded, holder, leader_gone, leading, left, named, other_stack, ports, refused, self, sharer,
	sleeping, stopped, undumpable, unusual, vforking, waiting, within, zombie;

/* For targets. */
void settled(void);
/* The same for one that may not close a descriptor any more. */
void settled_open(void);
void not_to_settle(void);
void cannot(const char *what) __attribute__((noreturn));
void rest(void) __attribute__((noreturn));

/* outside.c, filter.c: for targets as well. -1 and errno. */
int leave_one_outside(void);
int allow_all_calls(void);

/* talk.c */
void prepare_talk(void);
void start_talk(void);
void hear(char *line, size_t room);
void reply(void);
void ask(pid_t target, const char *line);
int answers_fd(void);
void pass_answers(void);

/* For keepers. */
void fail(const char *why) __attribute__((noreturn));
/* The same for what no kernel could do: the words on the command line. */
void misused(const char *why) __attribute__((noreturn));
void await_state(pid_t pid, char state);
void await_sleep(pid_t target);
void name_child(pid_t target);
long long now_ms(void);

extern char **arguments;	/* after the subject's name, ends in NULL */
extern char *command_line;	/* of this process, as /proc shows it */

#endif
