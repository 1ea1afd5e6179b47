// SPDX-License-Identifier: GPL-2.0
/* File systems of the ext family on disks of their own: files, seen through loop devices. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim.h"

#define BLOCK		1024
/* The fewest that JBD takes. */
#define JOURNAL_BLOCKS	1024

/* Bytes from the start of the disk: the kernel's struct ext4_super_block, all little endian. */
#define SUPER		1024
#define HAS		(SUPER + 0x5c)	/* compatible features */
#define NEEDS		(SUPER + 0x60)	/* incompatible ones */
#define JOURNAL_INODE	(SUPER + 0xe0)
#define HAS_JOURNAL	0x4
#define NEEDS_EXTENTS	0x40

/* What musl has no header for: linux/loop.h. */
#define LOOP_SET_FD	0x4c00
#define LOOP_CLR_FD	0x4c01
#define LOOP_SET_STATUS	0x4c04
#define LOOP_AUTOCLEAR	4

struct loop_status {
	uint64_t device, inode, rdevice, offset, limit;
	uint32_t number, crypt_type, crypt_key_size, flags;
	char names[128], key[32];
	uint64_t init[2];
};

/* The kernel's journal_superblock_t as far as it is not 0, all big endian. */
struct journal {
	uint32_t magic, type, unused;
	uint32_t block_size, blocks, first, sequence, start, error;
	uint32_t features[3];
	char uuid[16];
	uint32_t users;
};

/* Returns a loop device of that file, which lasts until nobody uses it; or -1. */
static int attach(const char *file, char *device, size_t room)
{
	struct loop_status status = { .flags = LOOP_AUTOCLEAR };
	int number, disk = open(file, O_RDWR | O_CLOEXEC), loop = -1, reader;

	for (number = 0; disk >= 0 && loop < 0; number++) {
		snprintf(device, room, "/dev/loop%d", number);
		loop = open(device, O_RDWR | O_CLOEXEC);
		if (loop < 0)
			break;
		if (!ioctl(loop, LOOP_SET_FD, disk)) {
			if (!ioctl(loop, LOOP_SET_STATUS, &status))
				break;
			ioctl(loop, LOOP_CLR_FD, 0);
		}
		close(loop);
		loop = -1;
	}
	close(disk);
	if (loop < 0)
		return -1;
	/* From 6.8 on nobody mounts what somebody else may write to. */
	reader = open(device, O_RDONLY | O_CLOEXEC);
	close(loop);
	return reader;
}

static int mount_file(const char *type, const char *file, const char *folder)
{
	char device[32];
	int ret, error, loop = attach(file, device, sizeof(device));

	if (loop < 0)
		return -1;
	ret = mount(device, folder, type, 0, NULL);
	error = errno;
	/* Mounted or not, there is nothing left to be done for it. */
	close(loop);
	errno = error;
	return ret;
}

/* Returns whether busybox has made an ext2 of the file. */
static bool make_ext2(const char *file, const char *kib)
{
	pid_t pid = fork();
	int status, null;

	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		execl("/bin/busybox", "mke2fs", "-F", "-b", "1024", file, kib, NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Returns whether the file system mounted there has got an empty journal, and its inode. */
static bool make_journal(const char *folder, uint32_t *inode)
{
	char path[256], block[BLOCK] = "";
	struct journal first = {
		.magic = htobe32(0xc03b3998), .type = htobe32(4),
		.block_size = htobe32(BLOCK), .blocks = htobe32(JOURNAL_BLOCKS),
		.first = htobe32(1), .sequence = htobe32(1), .users = htobe32(1),
	};
	struct stat stat;
	bool made = true;
	int i, fd;

	snprintf(path, sizeof(path), "%s/.journal", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0)
		return false;
	for (i = 0; made && i < JOURNAL_BLOCKS; i++)
		made = write(fd, block, BLOCK) == BLOCK;
	made = made && pwrite(fd, &first, sizeof(first), 0) == sizeof(first) &&
	       !fstat(fd, &stat);
	close(fd);
	if (made)
		*inode = htole32((uint32_t)stat.st_ino);
	return made;
}

static bool add_feature(int fd, off_t where, uint32_t feature)
{
	uint32_t features;

	if (pread(fd, &features, sizeof(features), where) != sizeof(features))
		return false;
	features |= htole32(feature);
	return pwrite(fd, &features, sizeof(features), where) == sizeof(features);
}

/* As tune2fs does it: a journal is a file like others that the superblock names. */
static bool make_ext3(const char *file, const char *folder, bool extents)
{
	uint32_t inode = 0;
	bool made;
	int fd;

	if (mount_file("ext2", file, folder) < 0)
		return false;
	made = make_journal(folder, &inode);
	if (umount(folder) < 0 || !made)
		return false;
	fd = open(file, O_RDWR | O_CLOEXEC);
	made = fd >= 0 &&
	       pwrite(fd, &inode, sizeof(inode), JOURNAL_INODE) == sizeof(inode) &&
	       add_feature(fd, HAS, HAS_JOURNAL) &&
	       (!extents || add_feature(fd, NEEDS, NEEDS_EXTENTS));
	close(fd);
	return made;
}

/* Makes FILE, a disk of that many KiB with a file system of TYPE, and mounts it on DIR. */
int disk_command(struct json *out, int argc, char **argv)
{
	const char *type, *file, *folder;
	long long kib;
	int fd, ret;

	if (argc != 5 || strncmp(argv[1], "ext", 3) || !parse_number(argv[2], &kib))
		return misuse(out, "disk takes ext2|ext3|ext4 KIB FILE DIR");
	type = argv[1];
	file = argv[3];
	folder = argv[4];
	fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)kib * 1024) < 0)
		return fail(out, file);
	close(fd);
	if (!make_ext2(file, argv[2]))
		return fail(out, "mke2fs");
	if (strcmp(type, "ext2") && !make_ext3(file, folder, !strcmp(type, "ext4")))
		return fail(out, "making the journal");
	ret = mount_file(type, file, folder);
	json_number(out, "ret", ret);
	json_text(out, "errno", ret < 0 ? errno_name(errno) : NULL);
	return DONE;
}
