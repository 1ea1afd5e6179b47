// SPDX-License-Identifier: GPL-2.0
/*
 * Restarts images that are almost right, thousands of them, and tells what came
 * of them. What `lab fuzz` asks of such a program is in docs/fuzz.md.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/names.h"
#include "common/write.h"
#include "fuzz.h"

struct asked {
	const char *corpus, *out, *image, *as, *pids;
	uint64_t seed, from, count, repeat;
	unsigned int applied, failing;
};

static void __attribute__((noreturn)) usage(void)
{
	fputs("usage: fuzz run --corpus FOLDER --seed N --from N --count N [--repeat N] [--only N,…]\n"
	      "       fuzz show --corpus FOLDER --seed N --from N [--only N,…] [--out FOLDER]\n"
	      "       fuzz try --corpus FOLDER --image FILE --as root|user --pids any|same\n"
	      "                [--failing N] [--repeat N]\n",
	      stderr);
	exit(2);
}

static uint64_t number(const char *word)
{
	char *end;
	unsigned long long value = strtoull(word, &end, 10);

	if (end == word || *end)
		usage();
	return value;
}

static unsigned int mutations(const char *words)
{
	unsigned int applied = 0;
	unsigned long which;
	char *end;

	while (*words) {
		which = strtoul(words, &end, 10);
		if (end == words || which >= MOST_MUTATIONS || (*end && *end != ','))
			usage();
		applied |= 1U << which;
		words = *end ? end + 1 : end;
	}
	return applied;
}

static struct asked read_words(int argc, char **argv)
{
	static const struct option options[] = {
		{ "corpus", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ "from", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'n' },
		{ "repeat", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "out", required_argument, NULL, 'w' },
		{ "image", required_argument, NULL, 'i' },
		{ "as", required_argument, NULL, 'a' },
		{ "pids", required_argument, NULL, 'p' },
		{ "failing", required_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	struct asked asked = { .count = 1, .repeat = 1, .applied = ALL_MUTATIONS };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'c':
			asked.corpus = optarg;
			break;
		case 's':
			asked.seed = number(optarg);
			break;
		case 'f':
			asked.from = number(optarg);
			break;
		case 'n':
			asked.count = number(optarg);
			break;
		case 'r':
			asked.repeat = number(optarg);
			break;
		case 'o':
			asked.applied = mutations(optarg);
			break;
		case 'w':
			asked.out = optarg;
			break;
		case 'i':
			asked.image = optarg;
			break;
		case 'a':
			asked.as = optarg;
			break;
		case 'p':
			asked.pids = optarg;
			break;
		case 'x':
			asked.failing = (unsigned int)number(optarg);
			break;
		default:
			usage();
		}
	if (optind != argc || !asked.corpus)
		usage();
	return asked;
}

static unsigned long outcomes[OUTCOMES], errors[4096];

static void count(const struct result *result)
{
	outcomes[result->outcome]++;
	if (result->outcome == REFUSED && result->error >= 0 && result->error < 4096)
		errors[result->error]++;
}

static const char *const names[OUTCOMES] = {
	[RESTARTED] = "restarted", [LATE] = "late", [DIED] = "died", [UNMADE] = "unmade",
	[GAINED] = "gained",
};

static void tell_counts(void)
{
	int i;

	for (i = 0; i < OUTCOMES; i++)
		if (names[i] && outcomes[i])
			printf("count %s %lu\n", names[i], outcomes[i]);
	for (i = 0; i < 4096; i++)
		if (errors[i])
			printf("count %s %lu\n", errno_name(i), errors[i]);
	fflush(stdout);
}

/*
 * What was restarted may be hit later on, or what failed did no harm: so many in
 * a row are past the restart's last allocation.
 */
#define PAST_THE_LAST	8

/* Of a tree's many allocations each so many-th part more is tried. */
#define SAMPLED		16

/* How many in a row went well although an allocation failed; of none there are no more. */
static unsigned int unharmed;

/* Returns whether to go on. */
static bool try_one(const struct trial *trial, uint64_t index, uint64_t repeat)
{
	struct result result;

	while (repeat--) {
		result = attempt(trial);
		count(&result);
		if (!result.hit)
			unharmed = PAST_THE_LAST;
		else if (result.outcome == RESTARTED || result.outcome == DIED)
			unharmed++;
		else
			unharmed = 0;
		if (*result.finding) {
			printf("finding %llu %s\n", (unsigned long long)index, result.finding);
			return false;
		}
	}
	return true;
}

static int run(const struct asked *asked)
{
	struct corpus corpus = corpus_load(asked->corpus);
	uint64_t index, end = asked->from + asked->count, last;
	struct trial trial;
	bool well = true;

	last = (uint64_t)corpus.count * MOST_ALLOCATIONS;
	if (asked->seed == SEED_OF_FAILURES && end > last)
		end = last;
	enter_space();
	for (index = asked->from; index < end && well; index++) {
		trial = make_mutant(&corpus, asked->seed, index, asked->applied, NULL);
		well = try_one(&trial, index, asked->repeat);
		arena_reset();
		/* On to the next image: this one's restart asks for no more. */
		if (trial.failing && unharmed >= PAST_THE_LAST) {
			index |= MOST_ALLOCATIONS - 1;
			unharmed = 0;
		} else if (trial.failing && has_tree(&trial.entry->image)) {
			/* Whose it is and which is any: a sample is as good. */
			index += trial.failing / SAMPLED;
		}
	}
	tell_counts();
	return well ? 0 : 1;
}

static void tell_mutation(unsigned int which, const char *text)
{
	printf("mutation %u %s\n", which, text);
}

static void write_file(const char *folder, const char *name, struct bytes bytes)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	if (!file || fwrite(bytes.data, 1, bytes.length, file) != bytes.length ||
	    fclose(file)) {
		perror(path);
		exit(4);
	}
}

/* What `try` has to be told to do the same again, and the files that it takes. */
static int show(const struct asked *asked)
{
	struct corpus corpus = corpus_load(asked->corpus);
	struct trial trial = make_mutant(&corpus, asked->seed, asked->from, asked->applied,
					 tell_mutation);

	printf("words --image %s --as %s --pids %s --failing %u\n", trial.entry->name,
	       trial.as_user ? "user" : "root", trial.same_pids ? "same" : "any",
	       trial.failing);
	if (asked->out) {
		write_file(asked->out, trial.entry->name, image_bytes(&trial.entry->image));
		write_file(asked->out, "mutant", trial.bytes);
	}
	return 0;
}

/* In the folder are an image and what was made of it: `mutant`. */
static int try_again(const struct asked *asked)
{
	struct trial trial = { NULL };
	struct entry entry = { .name = "" };
	char path[512];

	if (!asked->image || !asked->as || !asked->pids)
		usage();
	snprintf(path, sizeof(path), "%s/%s", asked->corpus, asked->image);
	if (!image_parse(file_bytes(path), &entry.image)) {
		fprintf(stderr, "fuzz: %s is no image\n", path);
		return 3;
	}
	snprintf(path, sizeof(path), "%s/mutant", asked->corpus);
	trial.entry = &entry;
	trial.as_user = !strcmp(asked->as, "user");
	trial.same_pids = !strcmp(asked->pids, "same");
	trial.bytes = file_bytes(path);
	trial.failing = asked->failing;
	enter_space();
	if (!try_one(&trial, 0, asked->repeat))
		return 1;
	tell_counts();
	return 0;
}

int main(int argc, char **argv)
{
	struct asked asked;

	if (argc < 2)
		usage();
	asked = read_words(argc - 1, argv + 1);
	if (!strcmp(argv[1], "run"))
		return run(&asked);
	if (!strcmp(argv[1], "show"))
		return show(&asked);
	if (!strcmp(argv[1], "try"))
		return try_again(&asked);
	usage();
}
