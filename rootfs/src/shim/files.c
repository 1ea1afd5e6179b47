// SPDX-License-Identifier: GPL-2.0
/* Files and mounts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim.h"

/* Longest piece of a file in one answer. */
#define MOST_READ	(4UL << 20)
/* Asked for at once: newer kernels refuse to fill megabytes from /proc/sys. */
#define READ_PIECE	(64UL << 10)

int read_command(struct json *out, int argc, char **argv)
{
	long long offset = 0, length = MOST_READ;
	size_t used = 0, left;
	ssize_t n = 1;
	char *data;
	int fd, status = DONE;
	struct option options[] = {
		{ "offset", OPTION_NUMBER, &offset },
		{ "length", OPTION_NUMBER, &length },
	};

	if (parse_options(out, options, 2, &argc, argv))
		return MISUSED;
	if (argc != 2 || length < 0)
		return misuse(out, "read takes a FILE");
	if ((unsigned long long)length > MOST_READ)
		length = MOST_READ;
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(out, argv[1]);
	data = malloc((size_t)length + 1);
	if (!data || (offset && lseek(fd, (off_t)offset, SEEK_SET) < 0)) {
		status = fail(out, argv[1]);
		goto out;
	}
	while (n > 0 && (left = (size_t)length - used)) {
		n = read(fd, data + used, left < READ_PIECE ? left : READ_PIECE);
		used += n > 0 ? (size_t)n : 0;
	}
	if (n < 0) {
		status = fail(out, argv[1]);
		goto out;
	}
	json_number(out, "length", (long long)used);
	json_bool(out, "end", n == 0);
	json_base64(out, "data", data, used);
out:
	free(data);
	close(fd);
	return status;
}

int write_command(struct json *out, int argc, char **argv)
{
	bool base64 = false, append = false;
	int fd, flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	long long offset = -1;
	ssize_t length, n;
	struct option options[] = {
		{ "base64", OPTION_FLAG, &base64 },
		{ "append", OPTION_FLAG, &append },
		{ "offset", OPTION_NUMBER, &offset },
	};

	if (parse_options(out, options, 3, &argc, argv))
		return MISUSED;
	if (argc != 3)
		return misuse(out, "write takes a FILE and DATA");
	length = (ssize_t)strlen(argv[2]);
	if (base64)
		length = decode_base64(argv[2], (unsigned char *)argv[2]);
	if (length < 0)
		return misuse(out, "DATA is no base64");
	flags |= append ? O_APPEND : offset < 0 ? O_TRUNC : 0;
	fd = open(argv[1], flags, 0644);
	if (fd < 0 || (offset > 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0))
		return fail(out, argv[1]);
	n = write(fd, argv[2], (size_t)length);
	json_number(out, "ret", n);
	json_text(out, "errno", n < 0 ? errno_name(errno) : NULL);
	close(fd);
	return DONE;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "folder";
	case S_IFLNK: return "link";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFCHR: return "character device";
	default: return "block device";
	}
}

int stat_command(struct json *out, int argc, char **argv)
{
	struct stat stat;
	char mode[8];

	if (argc != 2)
		return misuse(out, "stat takes a FILE");
	if (lstat(argv[1], &stat) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return fail(out, argv[1]);
		json_bool(out, "exists", false);
		return DONE;
	}
	snprintf(mode, sizeof(mode), "%04o", stat.st_mode & 07777);
	json_bool(out, "exists", true);
	json_text(out, "type", type_name(stat.st_mode));
	json_text(out, "mode", mode);
	json_number(out, "size", stat.st_size);
	json_number(out, "uid", stat.st_uid);
	json_number(out, "gid", stat.st_gid);
	json_number(out, "inode", (long long)stat.st_ino);
	json_number(out, "links", (long long)stat.st_nlink);
	return DONE;
}

static int remove_one(const char *path, const struct stat *stat, int type,
		      struct FTW *where)
{
	(void)stat;
	(void)type;
	(void)where;
	return remove(path);
}

/* A folder with all that is in it, but nothing of what is mounted there. */
int rm_command(struct json *out, int argc, char **argv)
{
	if (argc != 2)
		return misuse(out, "rm takes a PATH");
	if (nftw(argv[1], remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) &&
	    errno != ENOENT)
		return fail(out, argv[1]);
	return DONE;
}

int mkdir_command(struct json *out, int argc, char **argv)
{
	const char *mode = "0755";
	char *slash, *path;
	struct option options[] = {
		{ "mode", OPTION_TEXT, &mode },
	};

	if (parse_options(out, options, 1, &argc, argv))
		return MISUSED;
	if (argc != 2 || !*argv[1])
		return misuse(out, "mkdir takes a DIR");
	path = argv[1];
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return fail(out, path);
		*slash = '/';
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return fail(out, path);
	if (chmod(path, (mode_t)strtoul(mode, NULL, 8)) < 0)
		return fail(out, path);
	return DONE;
}

/* Takes what are flags to mount(2) out of an option list. */
static unsigned long take_flags(char *options)
{
	static const struct { const char *name; unsigned long flag; } known[] = {
		{ "ro", MS_RDONLY }, { "remount", MS_REMOUNT },
		{ "bind", MS_BIND }, { "nosuid", MS_NOSUID },
		{ "noexec", MS_NOEXEC }, { "private", MS_PRIVATE },
	};
	char *rest = options, *write = options, *word;
	unsigned long flags = 0;
	size_t i, count = sizeof(known) / sizeof(known[0]);

	while ((word = strsep(&rest, ","))) {
		for (i = 0; i < count && strcmp(word, known[i].name); i++)
			;
		if (i < count) {
			flags |= known[i].flag;
			continue;
		}
		if (write != options)
			*write++ = ',';
		memmove(write, word, strlen(word) + 1);
		write += strlen(write);
	}
	*write = '\0';
	return flags;
}

int mount_command(struct json *out, int argc, char **argv)
{
	unsigned long flags;
	int ret;

	if (argc < 4 || argc > 5)
		return misuse(out, "mount takes TYPE SOURCE DIR [OPTIONS]");
	flags = argc == 5 ? take_flags(argv[4]) : 0;
	ret = mount(argv[2], argv[3], argv[1], flags, argc == 5 ? argv[4] : NULL);
	json_number(out, "ret", ret);
	json_text(out, "errno", ret < 0 ? errno_name(errno) : NULL);
	return DONE;
}

int umount_command(struct json *out, int argc, char **argv)
{
	int ret;

	if (argc != 2)
		return misuse(out, "umount takes a DIR");
	ret = umount(argv[1]);
	json_number(out, "ret", ret);
	json_text(out, "errno", ret < 0 ? errno_name(errno) : NULL);
	return DONE;
}
