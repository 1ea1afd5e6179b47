// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's process 1. It makes the machine usable, says so on the console,
 * hands each SSH connection to a server of its own and reaps what dies.
 *
 * Its words on the console are the lab's only way to see a boot:
 *	lab: init		process 1 runs
 *	lab: without WHAT: WHY	something optional is missing
 *	lab: ready		the SSH port answers
 *	lab: died WHAT: WHY	the guest is of no use; a kernel panic follows
 *	lab: poweroff		asked to end
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/write.h"

/* QEMU's user-mode network always looks like this. */
#define GUEST_ADDRESS	"10.0.2.15"
#define GUEST_NETMASK	"255.255.255.0"
#define GATEWAY		"10.0.2.2"
#define NETWORK_MS	10000

#define KERNEL_LOG	"/dev/lab-kmsg"
#define PROGRAM_LOG	"/dev/kmsg"
/* Kernels cut a longer message. */
#define LONGEST_LOGGED	900

#define SSH_PORT	22
#define HOST_KEY	"/etc/dropbear/host_key"

/* _IOW('R', 0x03, int[2]) of linux/random.h, which musl lacks. */
#define RNDADDENTROPY	0x40085203

static volatile sig_atomic_t poweroff_asked;

/* One write per line: nothing of the kernel's lands in between. */
static void say(const char *format, ...)
{
	char line[256] = "lab: ";
	size_t used = strlen(line);
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	va_end(args);
	used += n < 0 ? 0 : (size_t)n;
	if (used > sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	if (!write_all(STDOUT_FILENO, line, used))
		_exit(1);
}

static void die(const char *what)
{
	say("died %s: %s", what, strerror(errno));
	_exit(1);
}

static const struct {
	const char *type, *source, *folder, *options;
	enum { REQUIRED, WANTED, IF_KNOWN } need;
} mounts[] = {
	{ "proc", "proc", "/proc", NULL, REQUIRED },
	{ "sysfs", "sysfs", "/sys", NULL, REQUIRED },
	{ "tmpfs", "tmp", "/tmp", "mode=1777", REQUIRED },
	{ "tmpfs", "shm", "/dev/shm", "mode=1777", WANTED },
	{ "devpts", "devpts", "/dev/pts", "gid=5,mode=620", WANTED },
	{ "cgroup", "freezer", "/cgroup/freezer", "freezer", WANTED },
	{ "cgroup2", "unified", "/cgroup/unified", NULL, IF_KNOWN },
	{ "debugfs", "debugfs", "/sys/kernel/debug", NULL, IF_KNOWN },
};

static void mount_all(void)
{
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].folder, 0755);
		if (!mount(mounts[i].source, mounts[i].folder, mounts[i].type,
			   0, mounts[i].options))
			continue;
		if (mounts[i].need == REQUIRED)
			die(mounts[i].folder);
		if (mounts[i].need == WANTED)
			say("without %s: %s", mounts[i].folder, strerror(errno));
		else
			rmdir(mounts[i].folder);
	}
}

/* 2.6.30 has no devtmpfs, and disks have no fixed numbers. */
static void make_disk_nodes(void)
{
	DIR *folder = opendir("/sys/block");
	unsigned int major, minor;
	struct dirent *entry;
	char path[300];
	FILE *file;

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/sys/block/%s/dev", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%u:%u", &major, &minor) == 2) {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			mknod(path, S_IFBLK | 0600, makedev(major, minor));
		}
		fclose(file);
	}
	if (folder)
		closedir(folder);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	errno = EIO;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		say("without %s: %s", path, strerror(errno));
	close(fd);
}

/*
 * Newer kernels make the first reader of random numbers wait for entropy,
 * which a guest under emulation hardly has. The lab's guests keep no secret
 * from their host, so the clock will do.
 */
static void seed_random(void)
{
	struct {
		int bits, bytes;
		uint64_t data[8];
	} pool = { 512, 64, { 0 } };
	struct timespec now;
	size_t i;
	int fd;

	for (i = 0; i < 8; i++) {
		clock_gettime(i & 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
		pool.data[i] = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15ULL +
			       (uint64_t)now.tv_sec;
	}
	fd = open("/dev/random", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) < 0)
		say("without entropy: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static struct sockaddr_in address_of(const char *dotted, int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
	};

	inet_aton(dotted, &address.sin_addr);
	return address;
}

static void bring_up(const char *name, const char *dotted, const char *netmask)
{
	struct sockaddr_in address = address_of(dotted, 0);
	struct sockaddr_in mask = address_of(netmask, 0);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	if (fd < 0)
		die("network");
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	memcpy(&request.ifr_addr, &address, sizeof(address));
	if (ioctl(fd, SIOCSIFADDR, &request) < 0)
		die(name);
	memcpy(&request.ifr_netmask, &mask, sizeof(mask));
	if (ioctl(fd, SIOCSIFNETMASK, &request) < 0)
		die(name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		die(name);
	request.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		die(name);
	close(fd);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * Asks the gateway for an echo until it answers. An interface that is up may
 * still drop packets, and a first connection lost to that costs the lab a
 * second; besides, the gateway learns the guest's address this way.
 */
static void await_gateway(void)
{
	struct sockaddr_in gateway = address_of(GATEWAY, 0);
	struct {
		struct icmphdr header;
		uint16_t payload;
	} echo = { .header = { .type = ICMP_ECHO } };
	uint64_t deadline = now_ms() + NETWORK_MS;
	struct pollfd wait = { .events = POLLIN };
	unsigned char reply[128];
	struct sockaddr_in from;
	socklen_t length;
	int patience = 10;

	wait.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (wait.fd < 0)
		die("network");
	echo.header.checksum = (uint16_t)~ICMP_ECHO;
	for (;;) {
		if (now_ms() > deadline) {
			errno = ETIMEDOUT;
			die("no answer from " GATEWAY);
		}
		/* Fails while the link settles; the next one may not. */
		sendto(wait.fd, &echo, sizeof(echo), 0,
		       (struct sockaddr *)&gateway, sizeof(gateway));
		if (poll(&wait, 1, patience) <= 0) {
			patience = patience < 500 ? patience * 2 : 500;
			continue;
		}
		length = sizeof(from);
		if (recvfrom(wait.fd, reply, sizeof(reply), 0,
			     (struct sockaddr *)&from, &length) > 0 &&
		    from.sin_addr.s_addr == gateway.sin_addr.s_addr)
			break;
	}
	close(wait.fd);
}

static int listen_for_ssh(void)
{
	struct sockaddr_in any = address_of("0.0.0.0", SSH_PORT);
	int fd, on = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(fd, 64) < 0)
		die("ssh");
	return fd;
}

static void serve_connection(int listener)
{
	static char *const argv[] = { "dropbear", "-i", "-r", HOST_KEY, NULL };
	static char *const environ[] = {
		"PATH=/bin:/sbin", "HOME=/root", "TERM=linux", NULL
	};
	int on = 1, fd = accept(listener, NULL, NULL);
	sigset_t none;

	if (fd < 0)
		return;
	/* Answers of the shim are small: each must leave at once. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fork() == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		dup2(fd, 0);
		dup2(fd, 1);
		close(fd);
		execve("/sbin/dropbear", argv, environ);
		_exit(127);
	}
	close(fd);
}

static void ask_poweroff(int signal)
{
	(void)signal;
	poweroff_asked = 1;
}

static void wake_up(int signal)
{
	(void)signal;
}

/* Signals are let in only while the main loop waits, so none is missed. */
static void catch_signals(sigset_t *while_waiting)
{
	struct sigaction reap = { .sa_handler = wake_up };
	struct sigaction end = { .sa_handler = ask_poweroff };
	sigset_t all;

	sigaction(SIGCHLD, &reap, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGUSR1, &end, NULL);
	sigaction(SIGUSR2, &end, NULL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigemptyset(while_waiting);
}

/*
 * What programs write to /dev/kmsg reaches the kernel's log by way of init, with
 * a word before it that tells it from the kernel's own: else nothing does on
 * 2.6.30, nor on any serial console. The kernel's own file is KERNEL_LOG.
 */
static int open_program_log(void)
{
	int fd;

	if (mkfifo(PROGRAM_LOG, 0600) < 0 && errno != EEXIST)
		die(PROGRAM_LOG);
	/* Both ways: with no reader nobody could open it, with no writer it ends. */
	fd = open(PROGRAM_LOG, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		die(PROGRAM_LOG);
	return fd;
}

static void log_line(int kernel_log, const char *text)
{
	char line[LONGEST_LOGGED + 32];
	int level = 0, length = 0;

	if (sscanf(text, "<%d>%n", &level, &length) != 1 || !length)
		level = LOG_WARNING;
	snprintf(line, sizeof(line), "<%d>user: %.*s\n", level & 7, LONGEST_LOGGED,
		 text + length);
	if (!write_all(kernel_log, line, strlen(line)))
		say("without %s: %s", KERNEL_LOG, strerror(errno));
}

/* Each write is a line or several, as it is for the kernel. */
static void pass_log_on(int program_log, int kernel_log)
{
	char text[PIPE_BUF + 1], *line, *rest;
	ssize_t n;

	while ((n = read(program_log, text, PIPE_BUF)) > 0) {
		text[n] = '\0';
		rest = text;
		while ((line = strsep(&rest, "\n")))
			if (*line)
				log_line(kernel_log, line);
	}
}

int main(void)
{
	struct pollfd polls[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct pollfd *ssh = &polls[0], *program_log = &polls[1];
	sigset_t while_waiting;
	int kernel_log;

	say("init");
	umask(022);
	catch_signals(&while_waiting);
	mount_all();
	make_disk_nodes();
	sethostname("lab", 3);
	/* Newer kernels allow ten marks in five seconds otherwise. */
	write_file("/proc/sys/kernel/printk_devkmsg", "on\n");
	seed_random();
	program_log->fd = open_program_log();
	kernel_log = open(KERNEL_LOG, O_WRONLY | O_CLOEXEC);
	if (kernel_log < 0)
		die(KERNEL_LOG);
	ssh->fd = listen_for_ssh();
	bring_up("lo", "127.0.0.1", "255.0.0.0");
	bring_up("eth0", GUEST_ADDRESS, GUEST_NETMASK);
	await_gateway();
	say("ready");

	while (!poweroff_asked) {
		if (ppoll(polls, 2, NULL, &while_waiting) > 0) {
			if (program_log->revents)
				pass_log_on(program_log->fd, kernel_log);
			if (ssh->revents)
				serve_connection(ssh->fd);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	say("poweroff");
	sync();
	/* A reset: without ACPI nothing else makes the machine exit. */
	reboot(RB_AUTOBOOT);
	die("poweroff");
}
