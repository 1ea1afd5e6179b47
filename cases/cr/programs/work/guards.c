// SPDX-License-Identifier: GPL-2.0
/*
 * Workloads that rely on what the kernel keeps an eye on for them: who gets a
 * lock next, what may be read, what can't be taken back, and that a sequence of
 * instructions is done in one go.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "work.h"

#define PAGE	4096

static void *shared_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	HOLDS(page != MAP_FAILED);
	return page;
}

static bool refused(long result, int error)
{
	return result == -1 && errno == error;
}

/* Of linux/futex.h. */
#define LOCK_PI		6
#define UNLOCK_PI	7
#define PRIVATE		128
#define WAITERS		0x80000000U

/* A lock that the kernel hands on, and who it was handed to. */
struct handed {
	volatile uint32_t word, got;
};

static uint32_t own_id(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

static void lock(struct handed *it, int flags)
{
	uint32_t none = 0;

	if (__atomic_compare_exchange_n(&it->word, &none, own_id(), false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	HOLDS(!syscall(SYS_futex, &it->word, LOCK_PI | flags, 0, NULL, NULL, 0));
}

static void unlock(struct handed *it, int flags)
{
	uint32_t mine = own_id();

	if (__atomic_compare_exchange_n(&it->word, &mine, 0, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	HOLDS(!syscall(SYS_futex, &it->word, UNLOCK_PI | flags, 0, NULL, NULL, 0));
}

static struct handed *between_tasks, between_threads;
static pthread_t waiting;

static void take(struct handed *it, int flags)
{
	lock(it, flags);
	it->got = own_id();
	HOLDS((it->word & ~WAITERS) == it->got);
	unlock(it, flags);
}

static int take_as_child(void *unused)
{
	(void)unused;
	settle();
	take(between_tasks, 0);
	return 3;
}

static void *take_as_thread(void *unused)
{
	(void)unused;
	take(&between_threads, PRIVATE);
	return NULL;
}

/* The kernel says so in the word when somebody has come to wait in it. */
static void await_waiter(const struct handed *it)
{
	while (!(it->word & WAITERS))
		usleep(1000);
}

/* The root has two, for which a child and a thread wait. */
static void prepare_handed(void)
{
	between_tasks = shared_page();
	lock(between_tasks, 0);
	lock(&between_threads, PRIVATE);
	child(take_as_child, NULL);
	HOLDS(!pthread_create(&waiting, NULL, take_as_thread, NULL));
	await_waiter(between_tasks);
	await_waiter(&between_threads);
}

static void verify_handed(void)
{
	HOLDS(between_tasks->word == (own_id() | WAITERS) && !between_tasks->got);
	HOLDS(between_threads.word == (own_id() | WAITERS) && !between_threads.got);
	unlock(between_tasks, 0);
	unlock(&between_threads, PRIVATE);
	HOLDS(!pthread_join(waiting, NULL));
	reap(3);
	HOLDS(between_tasks->got && between_threads.got);
	HOLDS(!between_tasks->word && !between_threads.word);
	/* Nobody has it, and nothing is left of who had. */
	take(between_tasks, 0);
	take(&between_threads, PRIVATE);
}

/* Locks of one that dies with them: who takes them next learns of that. */
#define OWNER_DIED	0x40000000U

struct link {
	struct link *next;
	struct handed lock;
};

/* What the kernel goes through for one who dies, of linux/futex.h. */
static struct {
	struct link *next;
	long offset;
	struct link *pending;
} robust_list = { .offset = offsetof(struct link, lock.word) };

static struct link *links;

/* As the kernel wants it of a lock that it hands on. */
static struct link *marked(struct link *link)
{
	return (struct link *)((uintptr_t)link | 1);
}

static int die_locked(void *unused)
{
	(void)unused;
	lock(&links[0].lock, 0);
	lock(&links[1].lock, 0);
	links[0].next = marked(&links[1]);
	links[1].next = (struct link *)&robust_list;
	robust_list.next = marked(&links[0]);
	HOLDS(!syscall(SYS_set_robust_list, &robust_list, sizeof(robust_list)));
	await_end();
	_exit(7);
}

static void inherit(struct handed *it)
{
	lock(it, 0);
	it->got = own_id();
	HOLDS((it->word & ~WAITERS) == (it->got | OWNER_DIED));
	unlock(it, 0);
}

static void *inherit_as_thread(void *unused)
{
	(void)unused;
	inherit(&links[1].lock);
	return NULL;
}

/* For one of them somebody waits, who has it from the kernel. */
static void prepare_inherited(void)
{
	links = shared_page();
	child(die_locked, NULL);
	await_settled();
	HOLDS(!pthread_create(&waiting, NULL, inherit_as_thread, NULL));
	await_waiter(&links[1].lock);
}

static void verify_inherited(void)
{
	reap(7);
	HOLDS(links[0].lock.word == OWNER_DIED);
	inherit(&links[0].lock);
	HOLDS(!pthread_join(waiting, NULL));
	HOLDS(links[0].lock.got && links[1].lock.got);
}

/* Of linux/securebits.h: no root, for ever; what else there is stays as it is. */
#define NO_ROOT		0x01
#define NO_ROOT_LOCKED	0x02
#define FIXUP_LOCKED	0x08
#define KEEP_LOCKED	0x20
#define LOCKED_BITS	(NO_ROOT | NO_ROOT_LOCKED | FIXUP_LOCKED | KEEP_LOCKED)

#ifndef PR_SET_SECUREBITS
#define PR_GET_SECUREBITS	27
#define PR_SET_SECUREBITS	28
#endif

static void prepare_locked_bits(void)
{
	HOLDS(!prctl(PR_SET_SECUREBITS, LOCKED_BITS, 0, 0, 0));
}

static void verify_locked_bits(void)
{
	HOLDS(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == LOCKED_BITS);
	HOLDS(refused(prctl(PR_SET_SECUREBITS, LOCKED_BITS & ~NO_ROOT, 0, 0, 0), EPERM));
	HOLDS(refused(prctl(PR_SET_SECUREBITS, LOCKED_BITS & ~FIXUP_LOCKED, 0, 0, 0), EPERM));
	HOLDS(refused(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), EPERM));
}

/* Keys that nobody has, from 1 on: two bits each, which forbid to access or to write. */
#define ROOTS_RIGHTS	0x55555554U
#define THREADS_RIGHTS	0xa5a5a5a0U

static volatile int has_rights, may_look;

/* Without protection keys there is no such register to be saved. */
static bool knows_keys(void)
{
	unsigned int a, b, c = 0, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1 << 4;
}

static uint32_t rights(void)
{
	uint32_t value;

	__asm__ volatile("rdpkru" : "=a"(value) : "c"(0) : "rdx");
	return value;
}

static void set_rights(uint32_t value)
{
	__asm__ volatile("wrpkru" : : "a"(value), "c"(0), "d"(0) : "memory");
}

static void *have_rights(void *unused)
{
	(void)unused;
	set_rights(THREADS_RIGHTS);
	has_rights = 1;
	while (!may_look)
		usleep(2000);
	return (void *)(uintptr_t)rights();
}

/* A register of each thread's own, whether it has a key or not. */
static void prepare_rights(void)
{
	HOLDS(knows_keys());
	set_rights(ROOTS_RIGHTS & ~0xf0U);
	HOLDS(!pthread_create(&waiting, NULL, have_rights, NULL));
	while (!has_rights)
		usleep(1000);
}

static void verify_rights(void)
{
	void *threads;

	HOLDS(rights() == (ROOTS_RIGHTS & ~0xf0U));
	may_look = 1;
	HOLDS(!pthread_join(waiting, &threads));
	HOLDS((uintptr_t)threads == THREADS_RIGHTS);
}

#ifdef __x86_64__
/* The system call's, as of Linux 4.18. */
struct rseq_area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t critical_section;
	uint32_t flags, padding[3];
} __attribute__((aligned(32)));

/* The assembler below knows where what is. */
struct sequence {
	volatile uint32_t may_end, went_on, begun;
};

/*
 * A sequence that reads a word and goes on for as long as that is what it has
 * read. Who takes it away from there has it begin anew, so it never finds
 * another one, whatever has become of the word in the meantime.
 */
void run_sequence(struct rseq_area *area, struct sequence *sequence,
		  const volatile uint32_t *word);
extern const char sequence_start[], sequence_end[];
__asm__(
	".data\n"
	".balign 32\n"
	"sequence_section:\n"
	"	.long	0, 0\n"
	"	.quad	sequence_start, sequence_end - sequence_start, sequence_abort\n"
	".text\n"
	".globl run_sequence, sequence_start, sequence_end\n"
	"run_sequence:\n"
	"	lea	sequence_section(%rip), %rcx\n"
	"	mov	%rcx, 8(%rdi)\n"
	"sequence_start:\n"
	"	mov	(%rdx), %eax\n"
	"1:	cmpl	$0, 0(%rsi)\n"
	"	jne	sequence_end\n"
	"	cmp	(%rdx), %eax\n"
	"	je	1b\n"
	"	incl	4(%rsi)\n"
	"	jmp	sequence_start\n"
	"sequence_end:\n"
	"	movq	$0, 8(%rdi)\n"
	"	ret\n"
	"	.long	0x53053053\n"
	"sequence_abort:\n"
	"	incl	8(%rsi)\n"
	"	jmp	run_sequence\n");

static struct rseq_area area;
static struct sequence *sequence;
static volatile uint32_t *word;

static int be_in_sequence(void *unused)
{
	(void)unused;
	HOLDS(!syscall(SYS_rseq, &area, sizeof(area), 0, 0x53053053));
	settle();
	run_sequence(&area, sequence, word);
	HOLDS(!area.critical_section);
	return 3;
}

/* The lab may change the word when the task is not there to see it. */
static void prepare_sequence(void)
{
	int fd = open(own("word"), O_RDWR | O_CREAT, 0600), section;
	uint64_t bounds[] = { (uintptr_t)sequence_start, (uintptr_t)sequence_end };

	HOLDS(fd >= 0 && !ftruncate(fd, PAGE));
	word = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	HOLDS(word != MAP_FAILED && !close(fd));
	section = open(own("section"), O_WRONLY | O_CREAT, 0600);
	HOLDS(write(section, bounds, sizeof(bounds)) == sizeof(bounds) && !close(section));
	sequence = shared_page();
	child(be_in_sequence, NULL);
	/* It gives way there, so it is in there by then. */
	while (!sequence->begun)
		usleep(1000);
}

static void verify_sequence(void)
{
	sequence->may_end = 1;
	reap(3);
	HOLDS(!sequence->went_on);
}
#endif

const struct workload workloads_guards[] = {
	{ "handed-on", "locks that are handed on to who waits for them", prepare_handed,
	  NULL, verify_handed, false },
	{ "inherited", "such locks, whose owner dies with them",
	  prepare_inherited, NULL, verify_inherited, false },
	{ "locked-bits", "security bits that can't be taken back", prepare_locked_bits,
	  NULL, verify_locked_bits, false },
	{ "rights", "threads with rights to protection keys of their own", prepare_rights,
	  NULL, verify_rights, false },
#ifdef __x86_64__
	{ "in-sequence", "a task within a restartable sequence", prepare_sequence, NULL,
	  verify_sequence, false },
#endif
	{ .name = NULL },
};
