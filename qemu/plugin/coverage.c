// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts how often the guest runs each instruction of some ranges, and tells on a socket
 * what was run since it was last asked.
 *
 *	-plugin coverage.so,ranges=FILE,fd=N
 *
 * FILE has a range a line, its first address and the one after its last, in hexadecimal,
 * sorted, none touching another. N is a stream socket that QEMU inherits. Each byte that
 * arrives on it is answered with a report: the number of its entries, then an entry for each
 * instruction that ran since the last report. One more report comes when QEMU ends.
 *
 * Counters belong to addresses, so it does not matter how often a block is translated.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qemu-api.h"

/* An x86 instruction may begin at any byte, so each byte has a counter. */
struct range {
	uint64_t start;
	uint64_t end;
	/* Written by the vCPUs only. */
	uint64_t *counts;
	/* What the last report said. */
	uint64_t *told;
};

/* All numbers of a report are 32 bits wide, in the host's order. */
struct entry {
	/* Where the instruction begins: bytes before it, all ranges laid one after another. */
	uint32_t position;
	/* How often it ran; no more than fits. */
	uint32_t count;
};

static struct range *ranges;
static size_t range_count;
static int channel = -1;
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;

#if QEMU_PLUGIN_API >= 7
QEMU_PLUGIN_EXPORT int qemu_plugin_version = 7;
#else
/*
 * QEMU refuses a plugin of another version of its interface. What is used here is the same in
 * all versions from 1 (QEMU 7.2) to 6 (11.0); only those from 2 on, which came with QEMU 9.0
 * and no longer take 1, have this function.
 */
extern int qemu_plugin_num_vcpus(void) __attribute__((weak));

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 1;

__attribute__((constructor)) static void choose_version(void)
{
	if (qemu_plugin_num_vcpus)
		qemu_plugin_version = 2;
}
#endif

static void count(unsigned int vcpu, void *data)
{
	uint64_t *counter = data;

	(void)vcpu;
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELAXED);
}

/* Returns the first range that ends after an address, or NULL. */
static struct range *find_range(uint64_t address)
{
	size_t low = 0, high = range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low < range_count ? &ranges[low] : NULL;
}

static void translate(struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct range *range = find_range(qemu_plugin_tb_vaddr(tb));

	for (size_t i = 0; range && i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (address >= range->end)
			range = find_range(address);
		if (!range || address < range->start)
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, count, QEMU_PLUGIN_CB_NO_REGS,
						       &range->counts[address - range->start]);
	}
}

static bool send_all(const void *data, size_t size)
{
	const char *next = data;

	while (size > 0) {
		ssize_t sent = send(channel, next, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		next += sent;
		size -= sent;
	}
	return true;
}

static size_t all_bytes(void)
{
	size_t bytes = 0;

	for (size_t i = 0; i < range_count; i++)
		bytes += ranges[i].end - ranges[i].start;
	return bytes;
}

/* Adds what ran of a range to a report of n entries, and returns how many it has then. */
static uint32_t collect(struct range *range, uint32_t position, struct entry *entries, uint32_t n)
{
	for (uint64_t i = 0; i < range->end - range->start; i++) {
		uint64_t now = __atomic_load_n(&range->counts[i], __ATOMIC_RELAXED);
		uint64_t ran = now - range->told[i];

		if (!ran)
			continue;
		entries[n].position = position + i;
		entries[n].count = ran > UINT32_MAX ? UINT32_MAX : ran;
		range->told[i] = now;
		n++;
	}
	return n;
}

/* Returns whether the lab is still there to read it. */
static bool report(void)
{
	struct entry *entries;
	uint32_t position = 0, n = 0;
	bool sent;

	pthread_mutex_lock(&report_lock);
	entries = malloc(all_bytes() * sizeof(*entries));
	for (size_t i = 0; entries && i < range_count; i++) {
		n = collect(&ranges[i], position, entries, n);
		position += ranges[i].end - ranges[i].start;
	}
	sent = entries && send_all(&n, sizeof(n)) && send_all(entries, n * sizeof(*entries));
	free(entries);
	pthread_mutex_unlock(&report_lock);
	return sent;
}

static void *serve(void *unused)
{
	char asked;

	(void)unused;
	for (;;) {
		ssize_t got = read(channel, &asked, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1 || !report())
			return NULL;
	}
}

static bool add_range(uint64_t start, uint64_t end)
{
	struct range *more = realloc(ranges, (range_count + 1) * sizeof(*ranges));
	struct range *range;

	if (!more)
		return false;
	ranges = more;
	range = &ranges[range_count];
	range->start = start;
	range->end = end;
	range->counts = calloc(end - start, sizeof(*range->counts));
	range->told = calloc(end - start, sizeof(*range->told));
	if (!range->counts || !range->told)
		return false;
	range_count++;
	return true;
}

static bool read_ranges(const char *path)
{
	FILE *file = fopen(path, "r");
	uint64_t start, end, last = 0;
	int found;

	if (!file) {
		fprintf(stderr, "coverage: %s: %s\n", path, strerror(errno));
		return false;
	}
	while ((found = fscanf(file, "%" SCNx64 " %" SCNx64, &start, &end)) == 2) {
		if (start < last || end <= start || !add_range(start, end))
			break;
		last = end;
	}
	fclose(file);
	if (found == EOF && range_count > 0)
		return true;
	fprintf(stderr, "coverage: %s: range %zu can't be used\n", path, range_count + 1);
	return false;
}

/* QEMU's own threads take its signals. */
static bool start_server(void)
{
	pthread_t thread;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, serve, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		fprintf(stderr, "coverage: no thread: %s\n", strerror(error));
	return !error;
}

#if QEMU_PLUGIN_API >= 7
static void on_block(struct qemu_plugin_tb *tb, void *unused)
{
	(void)unused;
	translate(tb);
}

static void at_exit(void *unused)
{
	(void)unused;
	report();
}

static void register_both(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_block, NULL);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
}
#else
static void on_block(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	translate(tb);
}

static void at_exit(qemu_plugin_id_t id, void *unused)
{
	(void)id;
	(void)unused;
	report();
}

static void register_both(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
}
#endif

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
					   int argc, char **argv)
{
	const char *path = NULL;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "ranges=", 7) == 0) {
			path = argv[i] + 7;
		} else if (strncmp(argv[i], "fd=", 3) == 0) {
			channel = atoi(argv[i] + 3);
		} else {
			fprintf(stderr, "coverage: unknown argument %s\n", argv[i]);
			return -1;
		}
	}
	if (!path || channel < 0) {
		fprintf(stderr, "coverage: ranges= and fd= are needed\n");
		return -1;
	}
	if (!read_ranges(path) || !start_server())
		return -1;
	register_both(id);
	return 0;
}
