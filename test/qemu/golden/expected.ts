import type { FindingKind } from '../../../harness/core/finding.ts';

/** One complaint a log holds: its kind, first line, number of lines, and what gives it away. */
export type ExpectedFinding = readonly [
  kind: FindingKind,
  index: number,
  lines: number,
  words: string,
];

/**
 * What each golden log holds, by base and name of the log. The logs are real: make/ has
 * the driver and the init that made them. Read a log before changing its row.
 */
export const expected: Readonly<
  Record<string, Readonly<Record<string, readonly ExpectedFinding[]>>>
> = {
  '2.6.30': {
    allocation: [['oom', 3, 36, 'init: page allocation failure. order:9, mode:0x20']],
    atomic: [['bug', 3, 24, 'BUG: scheduling while atomic: init/16/0x00000002']],
    bug: [['oops', 3, 37, 'kernel BUG at ../k2630/kernel/complain.c:311!']],
    'c-r': [['notice', 3, 1, 'c/r: task 42 is TASK_DEAD']],
    'case-oops': [
      ['notice', 0, 1, 'c/r: canary b840bac6 1'],
      ['oops', 2, 47, 'BUG: unable to handle kernel NULL pointer dereference at 0000000000000010'],
    ],
    'case-warn': [
      ['notice', 0, 1, 'c/r: canary 2e10f8cd 1'],
      ['warn', 2, 26, 'WARNING: at checkpoint/files.c:80 ckpt_trial+0x66/0xb0()'],
    ],
    'cache-busy': [
      ['slab', 3, 27, 'BUG complain: Objects remaining on kmem_cache_close()'],
      [
        'slab',
        30,
        18,
        'SLUB complain: kmem_cache_destroy called for cache that still has objects.',
      ],
    ],
    circular: [['lockdep', 4, 65, '[ INFO: possible circular locking dependency detected ]']],
    clean: [],
    divide: [['oops', 3, 36, 'divide error: 0000 [#1] PREEMPT SMP ']],
    'double-fault': [
      ['oops', 3, 18, 'double fault: 0000 [#1] PREEMPT SMP '],
      ['oops', 21, 37, 'BUG: unable to handle kernel paging request at 0000000000001000'],
    ],
    'double-free': [['slab', 3, 36, 'BUG kmalloc-64: Object already free']],
    'exit-held': [['lockdep', 4, 16, '[ BUG: lock held at task exit time! ]']],
    'freed-lock': [['lockdep', 4, 29, '[ BUG: held lock freed! ]']],
    gpf: [['oops', 3, 36, 'general protection fault: 0000 [#1] PREEMPT SMP ']],
    hung: [
      ['hung-task', 4, 26, 'INFO: task init:16 blocked for more than 3 seconds.'],
      ['hung-task', 30, 18, 'INFO: task sleeper:17 blocked for more than 3 seconds.'],
      ['hung-task', 48, 26, 'INFO: task init:16 blocked for more than 3 seconds.'],
      ['hung-task', 74, 18, 'INFO: task sleeper:17 blocked for more than 3 seconds.'],
      ['hung-task', 92, 26, 'INFO: task init:16 blocked for more than 3 seconds.'],
      ['hung-task', 118, 18, 'INFO: task sleeper:17 blocked for more than 3 seconds.'],
    ],
    'init-died': [['panic', 2, 10, 'Kernel panic - not syncing: Attempted to kill init!']],
    'irq-state': [['lockdep', 4, 57, '[ INFO: inconsistent lock state ]']],
    list: [['warn', 3, 21, 'WARNING: at ../k2630/lib/list_debug.c:46 list_del+0x65/0xa0()']],
    'no-init': [
      [
        'panic',
        105,
        13,
        'Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,0)',
      ],
    ],
    'no-key': [['lockdep', 3, 23, 'INFO: trying to register non-static key.']],
    null: [['oops', 3, 40, 'BUG: unable to handle kernel NULL pointer dereference at (null)']],
    oom: [['oom', 3, 36, 'init invoked oom-killer: gfp_mask=0x1280d2, order=0, oomkilladj=0']],
    opcode: [['oops', 3, 38, 'Kernel BUG at ffffffff8025ff10 [verbose debug info unavailable]']],
    paging: [['oops', 111, 40, 'BUG: unable to handle kernel paging request at ffffc7ffdeadb000']],
    panic: [['panic', 3, 15, 'Kernel panic - not syncing: asked to']],
    poison: [['slab', 3, 42, 'BUG kmalloc-64: Poison overwritten']],
    'rcu-stall': [
      ['rcu-stall', 3, 27, 'INFO: RCU detected CPU 0 stall (t=4294938449/1000 jiffies)'],
    ],
    recursive: [['lockdep', 4, 34, '[ INFO: possible recursive locking detected ]']],
    redzone: [['slab', 3, 39, 'BUG kmalloc-64: Redzone overwritten']],
    segfault: [],
    sleep: [
      [
        'bug',
        3,
        20,
        'BUG: sleeping function called from invalid context at ../k2630/kernel/complain.c:91',
      ],
    ],
    'soft-lockup': [],
    spinlock: [
      ['lockdep', 4, 3, '[ BUG: bad unlock balance detected! ]'],
      [
        'oops',
        6,
        69,
        'init/16 is trying to release lock (<0>general protection fault: 0000 [#1] PREEMPT SMP ',
      ],
    ],
    sysrq: [['notice', 0, 1, 'c/r: canary c352b040 1']],
    unbalanced: [['lockdep', 4, 35, '[ BUG: bad unlock balance detected! ]']],
    'warn-text': [
      ['warn', 3, 18, 'WARNING: at ../k2630/kernel/complain.c:313 complain+0x3ed/0x510()'],
    ],
    warn: [['warn', 3, 18, 'WARNING: at ../k2630/kernel/complain.c:312 complain+0x358/0x510()']],
  },
  '6.1': {
    allocation: [
      [
        'oom',
        3,
        49,
        'init: page allocation failure: order:9, mode:0xa20(GFP_ATOMIC), nodemask=(null)',
      ],
    ],
    atomic: [
      ['bug', 3, 33, 'BUG: scheduling while atomic: init/27/0x00000002'],
      [
        'bug',
        36,
        37,
        'BUG: sleeping function called from invalid context at ../k61/kernel/locking/mutex.c:580',
      ],
      [
        'warn',
        73,
        38,
        'WARNING: CPU: 0 PID: 27 at ../k61/kernel/locking/rwsem.c:142 down_write+0x7d/0xd0',
      ],
      [
        'warn',
        111,
        38,
        'WARNING: CPU: 0 PID: 27 at ../k61/kernel/locking/rwsem.c:148 up_write+0xc0/0x1a0',
      ],
    ],
    bug: [['oops', 3, 34, 'kernel BUG at kernel/complain.c:311!']],
    'c-r': [['notice', 3, 1, 'c/r: task 42 is TASK_DEAD']],
    'cache-busy': [
      [
        'slab',
        3,
        43,
        'BUG complain (Not tainted): Objects remaining in complain on __kmem_cache_shutdown()',
      ],
      [
        'warn',
        46,
        41,
        'WARNING: CPU: 0 PID: 27 at ../k61/mm/slab_common.c:493 kmem_cache_destroy+0x145/0x160',
      ],
    ],
    circular: [['lockdep', 4, 92, 'WARNING: possible circular locking dependency detected']],
    clean: [],
    divide: [['oops', 3, 33, 'divide error: 0000 [#1] PREEMPT SMP']],
    'double-fault': [
      ['oops', 3, 16, 'traps: PANIC: double fault, error_code: 0x0'],
      ['panic', 30, 2, 'Kernel panic - not syncing: Fatal exception in interrupt'],
    ],
    'double-free': [['slab', 3, 76, 'BUG kmalloc-64 (Not tainted): Object already free']],
    'exit-held': [['lockdep', 4, 21, 'WARNING: holder/28 still has locks held!']],
    'freed-lock': [['lockdep', 4, 39, 'WARNING: held lock freed!']],
    gpf: [
      [
        'oops',
        3,
        33,
        'general protection fault, probably for non-canonical address 0x6befbeef12345678: 0000 [#1] PREEMPT SMP',
      ],
    ],
    hung: [
      ['hung-task', 3, 28, 'INFO: task init:27 blocked for more than 3 seconds.'],
      ['hung-task', 31, 25, 'INFO: task sleeper:28 blocked for more than 3 seconds.'],
      ['hung-task', 55, 30, 'INFO: task init:27 blocked for more than 6 seconds.'],
      ['hung-task', 85, 25, 'INFO: task sleeper:28 blocked for more than 6 seconds.'],
      ['hung-task', 109, 30, 'INFO: task init:27 blocked for more than 9 seconds.'],
      ['hung-task', 139, 25, 'INFO: task sleeper:28 blocked for more than 9 seconds.'],
    ],
    'init-died': [
      ['panic', 2, 27, 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300'],
    ],
    'irq-state': [['lockdep', 4, 87, 'WARNING: inconsistent lock state']],
    list: [
      [
        'bug',
        3,
        2,
        'list_del corruption. prev->next should be ffffffff828b4530, but was ffffffff828b4540. (prev=ffffffff828b4520)',
      ],
      [
        'warn',
        5,
        39,
        'WARNING: CPU: 0 PID: 27 at ../k61/lib/list_debug.c:59 __list_del_entry_valid+0xb4/0xe0',
      ],
    ],
    'no-init': [
      [
        'panic',
        156,
        17,
        'Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
      ],
    ],
    'no-key': [['lockdep', 3, 43, 'INFO: trying to register non-static key.']],
    null: [['oops', 3, 38, 'BUG: kernel NULL pointer dereference, address: 0000000000000000']],
    oom: [
      [
        'oom',
        2,
        54,
        'init invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0',
      ],
    ],
    opcode: [['oops', 3, 33, 'invalid opcode: 0000 [#1] PREEMPT SMP']],
    paging: [
      [
        'soft-lockup',
        150,
        11,
        'BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 46s!',
      ],
      ['oops', 184, 38, 'BUG: unable to handle page fault for address: ffffc7ffdeadb000'],
    ],
    panic: [['panic', 3, 27, 'Kernel panic - not syncing: asked to']],
    poison: [['slab', 3, 79, 'BUG kmalloc-64 (Not tainted): Poison overwritten']],
    'rcu-stall': [['rcu-stall', 3, 42, 'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:']],
    'rcu-usage': [['lockdep', 4, 39, 'WARNING: suspicious RCU usage']],
    recursive: [['lockdep', 4, 58, 'WARNING: possible recursive locking detected']],
    redzone: [['slab', 3, 79, 'BUG kmalloc-64 (Not tainted): Right Redzone overwritten']],
    segfault: [],
    sleep: [
      ['bug', 3, 33, 'BUG: sleeping function called from invalid context at kernel/complain.c:91'],
    ],
    'soft-lockup': [
      ['rcu-stall', 3, 52, 'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:'],
      ['soft-lockup', 55, 37, 'watchdog: BUG: soft lockup - CPU#0 stuck for 49s! [init:27]'],
    ],
    spinlock: [
      ['lockdep', 4, 5, 'WARNING: bad unlock balance detected!'],
      [
        'oops',
        7,
        51,
        'general protection fault, probably for non-canonical address 0x5a5a5a5a5a5a5a5a: 0000 [#1] PREEMPT SMP',
      ],
    ],
    sysrq: [],
    unbalanced: [['lockdep', 4, 43, 'WARNING: bad unlock balance detected!']],
    'warn-text': [
      ['warn', 3, 39, 'WARNING: CPU: 0 PID: 27 at kernel/complain.c:313 complain+0x3d7/0x510'],
    ],
    warn: [
      ['warn', 3, 38, 'WARNING: CPU: 0 PID: 27 at kernel/complain.c:312 complain+0x35a/0x510'],
    ],
  },
};
