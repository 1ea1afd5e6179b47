/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_H
#define SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/names.h"
#include "../identity.h"
#include "json.h"

/* What a command returns; also the program's exit status. */
enum { DONE = 0, FAILED = 1, MISUSED = 2 };

/*
 * A command writes its members into `out`, which already says which command
 * it is. It answers DONE whenever it could do its job, whatever the kernel
 * said to it.
 */
struct command {
	const char *name, *arguments;
	int (*run)(struct json *out, int argc, char **argv);
	bool quick;	/* never blocks: serve need not fork for it */
};

/* answer.c: begin_answer says whose it is, send_line ends it and its memory. */
void begin_answer(struct json *out, const char *id);
void send_line(struct json *out);
bool anybody_listens(void);
void report_end(struct json *out, int status);
/* Say why a command cannot do its job: `what`, and errno; or what is wrong. */
int fail(struct json *out, const char *what);
int misuse(struct json *out, const char *why);
/* Set by a command whose process must live on until serve ends it. */
extern bool linger;

/* options.c */
struct option {
	const char *name;	/* without the leading -- */
	enum { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER } kind;
	void *value;		/* bool, const char * or long long */
};
int parse_options(struct json *out, const struct option *options, size_t count,
		  int *argc, char **argv);

/* words.c: splits a request line in place; returns the number of words. */
int split_words(char *line, char **words, int most);
ssize_t decode_base64(const char *text, unsigned char *bytes);

/* task.c, ../identity.h */
#define IDENTITY_OPTIONS(who)					\
	{ "uid", OPTION_NUMBER, &(who).uid },			\
	{ "gid", OPTION_NUMBER, &(who).gid },			\
	{ "chroot", OPTION_TEXT, &(who).chroot },		\
	{ "cwd", OPTION_TEXT, &(who).cwd },			\
	{ "group", OPTION_TEXT, &(who).group },			\
	{ "new-pidns", OPTION_FLAG, &(who).new_pidns }
bool parse_number(const char *text, long long *number);
int64_t now_us(void);
ssize_t read_text(const char *path, char *text, size_t room);
int write_text(const char *path, const char *text);

/* freezer.c, state.c */
void thaw_task(pid_t pid);
void thaw_session(pid_t session);
bool session_lives(pid_t session);
void report_freezer(struct json *out, pid_t pid);
bool await_gone(pid_t pid);

/* spawn.c: the programs that serve has started. */
struct pollfd;
int spawn_request(struct json *out, int argc, char **argv);
int input_request(struct json *out, int argc, char **argv);
int close_request(struct json *out, int argc, char **argv);
int wait_request(struct json *out, const char *id, bool end, int argc,
		 char **argv);
size_t poll_programs(struct pollfd *polls, size_t room);
void read_programs(void);
bool program_ended(pid_t pid, int status);
void end_programs(void);

/* The commands, and commands.c: their table, which ends with no name. */
int checkpoint_command(struct json *out, int argc, char **argv);
int restart_command(struct json *out, int argc, char **argv);
int repeat_command(struct json *out, int argc, char **argv);
int clone_command(struct json *out, int argc, char **argv);
int freeze_command(struct json *out, int argc, char **argv);
int thaw_command(struct json *out, int argc, char **argv);
int frozen_command(struct json *out, int argc, char **argv);
int state_command(struct json *out, int argc, char **argv);
int gone_command(struct json *out, int argc, char **argv);
int facts_command(struct json *out, int argc, char **argv);
int ptrace_command(struct json *out, int argc, char **argv);
int read_command(struct json *out, int argc, char **argv);
int write_command(struct json *out, int argc, char **argv);
int stat_command(struct json *out, int argc, char **argv);
int rm_command(struct json *out, int argc, char **argv);
int mkdir_command(struct json *out, int argc, char **argv);
int mount_command(struct json *out, int argc, char **argv);
int umount_command(struct json *out, int argc, char **argv);
int disk_command(struct json *out, int argc, char **argv);
int slabs_command(struct json *out, int argc, char **argv);
int sysctl_command(struct json *out, int argc, char **argv);
int mark_command(struct json *out, int argc, char **argv);
int signal_command(struct json *out, int argc, char **argv);
int poweroff_command(struct json *out, int argc, char **argv);
int ping_command(struct json *out, int argc, char **argv);
int pids_command(struct json *out, int argc, char **argv);
extern const struct command commands[];
const struct command *find_command(const char *name);
int run_command(struct json *out, int argc, char **argv);

/* serve.c: returns DONE once nobody asks or listens any more. */
int serve(void);

#endif
