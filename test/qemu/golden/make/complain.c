// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a kernel complain on request: complain=WORD on the command line does one
 * thing wrong when a process asks for a reboot, in that process's context. Built
 * into a kernel (kernel/complain.c, obj-y += complain.o) it makes the golden logs
 * of this folder. Written for 2.6.30 and 6.1.
 */
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 11, 0)
#include <linux/vmalloc.h>
#endif


static char complaint[32];
static volatile int zero;
static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);
static DEFINE_MUTEX(mutex_a);

static int __init set_complaint(char *word)
{
	strncpy(complaint, word, sizeof(complaint) - 1);
	return 1;
}
__setup("complain=", set_complaint);

static noinline void do_null(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

static noinline void do_paging(void)
{
	volatile int *volatile nowhere = (int *)0xffffc7ffdeadb000UL;

	*nowhere = 1;
}

static noinline void do_gpf(void)
{
	volatile int *volatile nowhere = (int *)0x00adbeef12345678UL;

	nowhere = (int *)((unsigned long)nowhere | 0x6b6b000000000000UL);
	*nowhere = 1;
}

static noinline void do_divide(void)
{
	volatile int one = 1;

	printk(KERN_INFO "complain: %d\n", one / zero);
}

static noinline void do_double_fault(void)
{
	asm volatile("mov $0x0000000000001000, %rsp\n\tpush %rax");
}

static noinline void do_opcode(void)
{
	asm volatile("ud2");
}

static noinline void do_atomic(void)
{
	preempt_disable();
	set_current_state(TASK_INTERRUPTIBLE);
	schedule_timeout(1);
	preempt_enable();
}

static noinline void do_sleep(void)
{
	spin_lock(&lock_a);
	might_sleep();
	spin_unlock(&lock_a);
}

static noinline void do_spinlock(void)
{
	static spinlock_t wild;

	memset(&wild, 0x5a, sizeof(wild));
	spin_unlock(&wild);
}

static noinline void do_list(void)
{
	static struct list_head head, one, two;

	INIT_LIST_HEAD(&head);
	list_add(&one, &head);
	list_add(&two, &head);
	two.next = &head;
	list_del(&one);
}

static noinline void do_recursive(void)
{
	static spinlock_t pair[2];
	int i;

	for (i = 0; i < 2; i++)
		spin_lock_init(&pair[i]);
	spin_lock(&pair[0]);
	spin_lock(&pair[1]);
	spin_unlock(&pair[1]);
	spin_unlock(&pair[0]);
}

static noinline void do_circular(void)
{
	spin_lock(&lock_a);
	spin_lock(&lock_b);
	spin_unlock(&lock_b);
	spin_unlock(&lock_a);
	spin_lock(&lock_b);
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	spin_unlock(&lock_b);
}

static void take_in_timer(unsigned long unused)
{
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 15, 0)
static struct timer_list timer = TIMER_INITIALIZER(take_in_timer, 0, 0);
#else
static void take(struct timer_list *unused)
{
	take_in_timer(0);
}
static DEFINE_TIMER(timer, take);
#endif

static noinline void do_irq_state(void)
{
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	mod_timer(&timer, jiffies + 1);
	msleep(100);
}

static noinline void do_unbalanced(void)
{
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	mutex_lock(&mutex_a);
	mutex_unlock(&mutex_a);
	preempt_disable();
	spin_unlock(&lock_a);
}

static noinline void do_freed_lock(void)
{
	spinlock_t *held = kmalloc(256, GFP_KERNEL);

	spin_lock_init(held);
	spin_lock(held);
	kfree(held);
	preempt_enable();
}

static noinline void do_no_key(void)
{
	spinlock_t *nokey = kzalloc(256, GFP_KERNEL);

	spin_lock(nokey);
	spin_unlock(nokey);
	kfree(nokey);
}

static int hold_lock_and_leave(void *unused)
{
	mutex_lock(&mutex_a);
	return 0;
}

static noinline void do_exit_held(void)
{
	kthread_run(hold_lock_and_leave, NULL, "holder");
	msleep(200);
}

static int sleep_for_ever(void *unused)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	return 0;
}

static noinline void do_hung(void)
{
	kthread_run(sleep_for_ever, NULL, "sleeper");
	msleep(12000);
}

static noinline void spin_for(int seconds)
{
	unsigned long end = jiffies + seconds * HZ;

	preempt_disable();
	while (time_before(jiffies, end))
		cpu_relax();
	preempt_enable();
}

static void after_grace(struct rcu_head *unused)
{
}

static noinline void do_rcu_stall(void)
{
	static struct rcu_head head;
	unsigned long end = jiffies + 30 * HZ;

	call_rcu(&head, after_grace);
	rcu_read_lock();
	while (time_before(jiffies, end))
		cpu_relax();
	rcu_read_unlock();
}

static noinline void do_poison(void)
{
	char *freed = kmalloc(64, GFP_KERNEL);
	int i;

	kfree(freed);
	freed[8] = 'x';
	for (i = 0; i < 200; i++)
		kmalloc(64, GFP_KERNEL);
}

static noinline void do_redzone(void)
{
	char *object = kmalloc(64, GFP_KERNEL);

	memset(object, 'x', 66);
	kfree(object);
}

static noinline void do_double_free(void)
{
	char *object = kmalloc(64, GFP_KERNEL);

	kfree(object);
	kfree(object);
}

static noinline void do_cache_busy(void)
{
	struct kmem_cache *cache = kmem_cache_create("complain", 64, 0, 0, NULL);

	kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_destroy(cache);
}

static noinline void do_allocation(void)
{
	while (__get_free_pages(GFP_ATOMIC, 9))
		;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 11, 0)
static noinline void do_rcu_usage(void)
{
	static void __rcu *protected;

	rcu_dereference_check(protected, false);
}
#endif

static int complain(struct notifier_block *unused, unsigned long event, void *cmd)
{
	static int done;

	if (complaint[0] && !done)
		printk(KERN_INFO "complain: %s\n", complaint);
	if (done++)
		return 0;
#define ON(word) else if (!strcmp(complaint, word))
	if (!complaint[0])
		return 0;
	ON("panic") panic("asked to");
	ON("null") do_null();
	ON("paging") do_paging();
	ON("gpf") do_gpf();
	ON("divide") do_divide();
	ON("double-fault") do_double_fault();
	ON("opcode") do_opcode();
	ON("bug") BUG();
	ON("warn") WARN_ON(1);
	ON("warn-text") WARN(1, "complain: the number is %d\n", 42);
	ON("atomic") do_atomic();
	ON("sleep") do_sleep();
	ON("spinlock") do_spinlock();
	ON("list") do_list();
	ON("recursive") do_recursive();
	ON("circular") do_circular();
	ON("irq-state") do_irq_state();
	ON("unbalanced") do_unbalanced();
	ON("freed-lock") do_freed_lock();
	ON("no-key") do_no_key();
	ON("exit-held") do_exit_held();
	ON("hung") do_hung();
	ON("soft-lockup") spin_for(75);
	ON("rcu-stall") do_rcu_stall();
	ON("poison") do_poison();
	ON("redzone") do_redzone();
	ON("double-free") do_double_free();
	ON("cache-busy") do_cache_busy();
	ON("allocation") do_allocation();
	ON("c-r") printk(KERN_WARNING "c/r: task 42 is TASK_DEAD\n");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 11, 0)
	ON("rcu-usage") do_rcu_usage();
#endif
	else
		printk(KERN_INFO "complain: nobody knows how\n");
	return 0;
}

static struct notifier_block notifier = { .notifier_call = complain };

static int __init listen(void)
{
	return register_reboot_notifier(&notifier);
}
late_initcall(listen);
