// SPDX-License-Identifier: GPL-2.0
/* The good images: a folder of files root-NAME and user-NAME. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static void __attribute__((noreturn)) stop(const char *what)
{
	perror(what);
	exit(3);
}

struct bytes file_bytes(const char *path)
{
	struct bytes bytes = { NULL, 0 };
	unsigned char *next;
	struct stat facts;
	size_t got = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &facts) < 0)
		stop(path);
	bytes.length = (size_t)facts.st_size;
	bytes.data = arena_take(bytes.length);
	for (next = bytes.data; got < bytes.length; got += (size_t)n) {
		n = read(fd, next + got, bytes.length - got);
		if (n <= 0)
			stop(path);
	}
	close(fd);
	return bytes;
}

static int is_entry(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "root-", 5) || !strncmp(entry->d_name, "user-", 5);
}

/* In the order of their names, which is the same wherever they lie. */
struct corpus corpus_load(const char *folder)
{
	struct corpus corpus = { NULL, 0 };
	struct dirent **found;
	struct entry *entry;
	char path[512];
	int count, i;

	count = scandir(folder, &found, is_entry, alphasort);
	if (count < 0)
		stop(folder);
	corpus.entries = calloc((size_t)count + 1, sizeof(*corpus.entries));
	if (!corpus.entries)
		stop(folder);
	for (i = 0; i < count; i++) {
		entry = &corpus.entries[corpus.count];
		entry->name = strdup(found[i]->d_name);
		snprintf(path, sizeof(path), "%s/%s", folder, found[i]->d_name);
		free(found[i]);
		if (!entry->name)
			stop(folder);
		entry->users = entry->name[0] == 'u';
		if (!image_parse(file_bytes(path), &entry->image)) {
			fprintf(stderr, "fuzz: %s is no image\n", path);
			exit(3);
		}
		corpus.count++;
	}
	arena_keep();
	free(found);
	if (!corpus.count) {
		fprintf(stderr, "fuzz: %s holds no image\n", folder);
		exit(3);
	}
	return corpus;
}
