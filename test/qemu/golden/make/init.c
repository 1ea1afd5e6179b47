// SPDX-License-Identifier: GPL-2.0
/*
 * The init of the golden logs: says that it runs, does what the command line's
 * labinit= asks for, and powers off. Built with musl-gcc -static.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void set(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	fputs(value, file);
	fclose(file);
}

static void eat_memory(void)
{
	set("/proc/sys/vm/overcommit_memory", "1");
	if (fork() == 0)
		for (;;)
			memset(malloc(1 << 20), 1, 1 << 20);
	sleep(6);
}

static void segfault(void)
{
	if (fork() == 0)
		__asm__ volatile("movl $1, 16");
	sleep(1);
	if (fork() == 0)
		__asm__ volatile("hlt");
	sleep(1);
	if (fork() == 0) {
		volatile int zero = 0;
		exit(1 / zero);
	}
	sleep(1);
}

int main(int argc, char **argv)
{
	char *what = getenv("labinit");

	(void)argc;
	(void)argv;
	if (open("/dev/console", O_RDWR) == 0) {
		dup(0);
		dup(0);
	}
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	printf("lab: init\n");
	printf("lab: ready\n");
	fflush(stdout);
	if (what && !strcmp(what, "eat"))
		eat_memory();
	if (what && !strcmp(what, "exit"))
		return 3;
	if (what && !strcmp(what, "segfault"))
		segfault();
	if (what && !strcmp(what, "wait"))
		for (;;)
			pause();
	set("/proc/sys/kernel/hung_task_timeout_secs", "3");
	if (fork() == 0)
		reboot(RB_AUTOBOOT);
	wait(NULL);
	printf("lab: survived\n");
	fflush(stdout);
	sleep(2);
	/* The process that complained may have died with the reboot's locks held. */
	set("/proc/sysrq-trigger", "b");
	for (;;)
		pause();
}
