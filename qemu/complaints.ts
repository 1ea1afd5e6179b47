import type { FindingKind } from '../harness/core/finding.ts';

/**
 * One way a kernel complains. The first row that matches a line decides. Where the two
 * bases word it differently, a row holds both: 2.6.30's first.
 */
export interface Complaint {
  readonly kind: FindingKind;
  readonly pattern: RegExp;
  /** Which lines after it belong to it. */
  readonly shape: Shape;
}

/**
 * `line`: none. `dump`: registers and stacks. `report`: prose as well, up to and with the
 * stack at its end (lockdep). `memory`: the memory statistics of the OOM killer.
 */
export type Shape = 'line' | 'dump' | 'report' | 'memory';

/** What lockdep says between `[ INFO:` or `[ BUG:` and `]` (2.6.30), or after `WARNING:` (6.1). */
const lockdepTitles = [
  'possible circular locking dependency',
  'possible irq lock inversion dependency',
  'possible recursive locking',
  'inconsistent lock state',
  '\\S+-safe -> \\S+-unsafe lock order',
  'bad contention',
  'bad unlock balance',
  'circular locking deadlock',
  'held lock freed',
  'lock held at task exit time',
  'lock held when returning to user space',
  '\\S+ still has locks held',
  'Nested lock was not taken',
  'suspicious rcu_dereference_check\\(\\) usage',
  'suspicious RCU usage',
  'chain_key collision',
  'Invalid wait context',
].join('|');

/**
 * The header both kernels print of every exception they die of: `Oops: 0002 [#1] SMP`,
 * `divide error: 0000 [#1]`. What a user program dies of has no `[#1]`.
 */
export const dieHeader = /: (?:0x)?[0-9a-f]{4,} \[#\d+\]/;

export const complaints: readonly Complaint[] = [
  { kind: 'lab', pattern: /^lab: died/, shape: 'line' },
  { kind: 'notice', pattern: /^lab: canary /, shape: 'line' },
  { kind: 'panic', pattern: /(?<!---\[ end )Kernel panic - not syncing/, shape: 'dump' },
  {
    kind: 'lockdep',
    pattern: new RegExp(`^(?:\\[ (?:INFO|BUG|WARNING): |WARNING: )(?:${lockdepTitles})`),
    shape: 'report',
  },
  { kind: 'lockdep', pattern: /INFO: trying to register non-static key/, shape: 'report' },
  {
    kind: 'lockdep',
    pattern: /^BUG: (?:key \S+ (?:not in \.data|has not been registered)|MAX_\w+ too low)/,
    shape: 'report',
  },
  {
    kind: 'soft-lockup',
    pattern: /BUG: soft lockup - CPU#|BUG: workqueue lockup|detected (?:hard )?LOCKUP on /,
    shape: 'dump',
  },
  { kind: 'hung-task', pattern: /INFO: task .+:\d+ blocked for more than /, shape: 'dump' },
  {
    kind: 'rcu-stall',
    pattern:
      /INFO: RCU detected CPU|INFO: rcu\w* (?:self-)?detected (?:expedited )?stalls?\b|rcu: rcu_\w+ kthread starved/,
    shape: 'dump',
  },
  { kind: 'oom', pattern: / invoked oom-killer: /, shape: 'memory' },
  { kind: 'oom', pattern: /: page allocation failure[.:] ?order:/, shape: 'memory' },
  { kind: 'oom', pattern: /(?:Out of memory|cgroup out of memory): kill/i, shape: 'memory' },
  {
    kind: 'slab',
    pattern:
      /^BUG (?!at )\S+(?: \([^)]*\))?: |^SLUB \S+: \S+ called for cache that|^slab error in |^Slab corruption/,
    shape: 'dump',
  },
  {
    kind: 'oops',
    pattern:
      /BUG: unable to handle |BUG: kernel NULL pointer dereference, address|kernel BUG at |PANIC: (?:double fault|early exception)|stack guard page was hit/i,
    shape: 'dump',
  },
  { kind: 'oops', pattern: dieHeader, shape: 'dump' },
  { kind: 'warn', pattern: /WARNING: (?:at \S+:\d+ |CPU: \d+ PID: \d+ at )/, shape: 'dump' },
  { kind: 'warn', pattern: /^UBSAN: /, shape: 'dump' },
  { kind: 'bug', pattern: /^list_(?:add|del) corruption/, shape: 'dump' },
  { kind: 'bug', pattern: /^irq \d+: nobody cared|^VFS: Busy inodes after unmount/, shape: 'dump' },
  { kind: 'bug', pattern: /(?<!\w)BUG: \S/, shape: 'dump' },
];

/**
 * Lines that belong to a dump: indented ones, addresses, registers, and the prose both
 * kernels mix in.
 */
export const dumpLine = new RegExp(
  [
    '^\\s',
    '^$',
    '^\\[<[0-9a-f]+>\\]',
    '^[0-9a-f]{8,16}\\b',
    '^<[A-Z/#]+>',
    '^(?:[RE]?(?:IP|SP|BP|[ABCD]X|[SD]I|FLAGS)|R\\d\\d|[CDEFG]S|DR\\d|CR\\d|P[GUM4]D|PTE|ORIG_RAX)\\b *[:0-9]',
    '^#PF: ',
    '^RIP |^EIP |^CPU[ :#]|^Pid: |^PID: |^Process |^Hardware name: |^Modules linked in|^last sysfs file',
    '^Stack:|^Call Trace:|^Code: |^Bad [RE]IP value|^BAD$',
    '^Thread overran stack|^note: \\S+|^Fixing recursive fault',
    '^Kernel Offset:|^Rebooting in |^---\\[ end ',
    '^INFO: lockdep is turned off|^irq event stamp|^(?:hard|soft)irqs last |^Preemption disabled at',
    '^\\d+ locks? held by |^no locks held by |^Showing all locks|^#\\d+: ',
    '^"echo 0 > /proc/sys/kernel/hung_task_timeout_secs"|^task:|^Workqueue: ',
    '^Sending NMI|^NMI backtrace|^rcu: |^Allocated by|^Freed by|^Oops: ',
    '^INFO: (?:Slab|Object|Allocated|Freed|0x)|^(?:Bytes b4|Object|Redzone|Padding|FIX|TRACE|Slab|Allocated|Freed|Right|Left)\\b',
    '^={20,}|^-{20,}|^={3,}',
    '^list_(?:add|del) corruption|^(?:prev|next)->|^swapper',
    '^in_atomic\\(\\)|^preempt_count|^RCU nest depth|^Tainted|^Disabling lock debugging',
    '^ \\.|^lock:|^\\.magic',
    '^showing |^Backtrace|^Dumping ftrace',
  ].join('|'),
);

/** Further lines of the OOM killer's report. */
export const memoryLine =
  /^(?:Mem-Info|Node \d|DMA|Normal|HighMem|CPU +\d+: hi|\d+ (?:total pagecache|pages|reserved)|active_anon|Active_anon|lowmem_reserve|Swap cache|Free swap|Total swap|Out of memory|Killed process|oom|oom-kill:|oom_reaper|Tasks state|\[ *\w+ *\]|Unreclaimable slab|Mem abort|Name +Used|\S+ +\d+KB +\d+KB|.*: kill process \d+)/;
