/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz: restarts images that are almost right. Which image it is and what is
 * wrong with it follows from a seed and a number alone.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* random.c: the same numbers for the same three, on every machine. */
struct random {
	uint64_t state;
};

struct random random_of(uint64_t seed, uint64_t index, uint64_t part);
uint64_t random_next(struct random *random);
uint32_t random_below(struct random *random, uint32_t limit);
bool random_chance(struct random *random, uint32_t one_in);

/* arena.c: what one mutant is made in; all of it goes at once. */
void *arena_take(size_t size);
void arena_keep(void);
void arena_reset(void);

struct bytes {
	unsigned char *data;
	size_t length;
};

/* One object: what its header says, and what follows, which may be another length. */
struct object {
	uint32_t type, length;
	unsigned char *payload;
	size_t size;
};

/* An image as objects; whoever changes a payload takes a copy of it first. */
struct image {
	struct object *objects;
	size_t count;
	size_t cut;		/* bytes that are left out at its end */
};

/* image.c */
bool image_parse(struct bytes bytes, struct image *image);
struct image image_copy(const struct image *image, size_t more);
struct bytes image_bytes(const struct image *image);
const char *type_name(uint32_t type);
uint32_t nth_type(size_t index);

/* Whose an image is: root's, or somebody's who may do nothing. */
struct entry {
	const char *name;
	bool users;
	struct image image;
};

/* corpus.c */
struct corpus {
	struct entry *entries;
	size_t count;
};

struct corpus corpus_load(const char *folder);
struct bytes file_bytes(const char *path);

/* mutate.c */
#define MOST_MUTATIONS	8

/* How a mutant is tried, and of what it is made. */
struct trial {
	const struct entry *entry;
	bool as_user;
	bool same_pids;
	unsigned int nr_mutations;
	/* The allocation that fails, from 1; 0 is none. */
	unsigned int failing;
	struct bytes bytes;
};

/*
 * Of this seed a number is no mutant: of image NUMBER / MOST_ALLOCATIONS, as it
 * is, the restart's allocation NUMBER % MOST_ALLOCATIONS fails.
 */
#define SEED_OF_FAILURES	0
#define MOST_ALLOCATIONS	4096

/* Which mutations of a mutant are applied: a bit for each. */
#define ALL_MUTATIONS	0xffU

/* `told` gets a line for each mutation, unless it is NULL. */
struct trial make_mutant(const struct corpus *corpus, uint64_t seed,
			 uint64_t index, unsigned int applied,
			 void (*told)(unsigned int number, const char *text));

/* fail.c */
void fail_nth(unsigned int nth, bool at_once);
int fail_later(void);
void fail_exactly(int times);
bool fail_none(void);
void be_hit(void);

/* attempt.c: in a pid namespace of its own, whose init the caller is. */
enum outcome {
	REFUSED,	/* with `error` */
	RESTARTED,
	LATE,		/* it waits for what never comes */
	DIED,		/* before anybody knew of what */
	UNMADE,		/* the tasks could not be made */
	GAINED,		/* refused, with more rights than before */
	OUTCOMES,
};

struct result {
	int32_t outcome, error;
	/* The allocation that was to fail has. */
	bool hit;
	/* What is wrong with how it ended; empty if nothing. */
	char finding[160];
};

void enter_space(void);
struct result attempt(const struct trial *trial);

/* tree.c: makes the tasks of a good image and lets them restart from a bad one. */
struct said {
	int32_t outcome, error;
};

bool has_tree(const struct image *image);
void restart_tree(const struct trial *trial, int image, int report)
	__attribute__((noreturn));
#define KERNEL_MS	300

/* The one who may do nothing. */
#define USER		1000

#endif
