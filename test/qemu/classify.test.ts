import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClassifier, messageOf } from '../../qemu/classify.ts';
import type { Finding } from '../../harness/core/finding.ts';
import { splitLines } from '../../qemu/lines.ts';
import { expected } from './golden/expected.ts';

const golden = fileURLToPath(new URL('golden/', import.meta.url));

function classify(bytes: Uint8Array): Finding[] {
  const classifier = createClassifier([/^c\/r:/]);
  const findings: Finding[] = [];
  const splitter = splitLines((line) => findings.push(...classifier.feed(line)));
  splitter.feed(bytes);
  splitter.end();
  return [...findings, ...classifier.flush()];
}

function classifyText(text: string): Finding[] {
  return classify(Buffer.from(text));
}

/** The kind and number of lines of each finding. */
function kinds(text: string): [string, number][] {
  return classifyText(text).map(({ kind, lines }) => [kind, lines.length]);
}

describe('the golden logs', () => {
  for (const [base, logs] of Object.entries(expected)) {
    it(`of ${base} all have a row`, () => {
      const files = readdirSync(`${golden}${base}`).map((file) => file.replace('.txt', ''));
      assert.deepEqual(Object.keys(logs).sort(), files.sort());
    });
    for (const [name, rows] of Object.entries(logs)) {
      it(`${base}: ${name}`, () => {
        const findings = classify(readFileSync(`${golden}${base}/${name}.txt`));
        const found = findings.map(({ kind, index, lines, line }) => [
          kind,
          index,
          lines.length,
          messageOf(line),
        ]);
        assert.deepEqual(found, rows);
        for (const { kind, fatal } of findings) assert.equal(fatal, kind !== 'notice');
      });
    }
  }
});

describe('what a program says', () => {
  const complaint = 'BUG: unable to handle kernel paging request at 0';

  it('on the console is no complaint, once the kernel has timed a line', () => {
    assert.deepEqual(kinds(`[    0.000000] Linux version\n${complaint}\nKernel panic - x\n`), []);
    assert.deepEqual(kinds(`[    0.000000] Linux version\nname: [    1.000000] ${complaint}\n`), [
      ['oops', 1],
    ]);
  });

  it('is all there is of a kernel that times nothing', () => {
    assert.deepEqual(kinds(`Linux version\n${complaint}\n`), [['oops', 1]]);
  });

  it('in the kernel log, as init passes it on, is none either', () => {
    assert.deepEqual(kinds(`[    9.000000] user: ${complaint}\n`), []);
  });

  it('does not cut a complaint short', () => {
    const oops = [complaint, 'IP: [<ffffffff80000000>] a+0x1/0x2', 'Call Trace:'];
    const lines = oops.map((line) => `[    1.000000] ${line}`);
    const [first = '', ...rest] = lines;
    const found = kinds([first, '[    1.000000] user: x', 'words', ...rest, ''].join('\n'));
    assert.deepEqual(found, [['oops', 5]]);
  });

  it("but init's last words are init's", () => {
    assert.deepEqual(kinds('[    0.000000] Linux version\nlab: died /proc: No\n'), [['lab', 1]]);
  });
});

describe('the classifier', () => {
  const complaints: [string, string][] = [
    ["Kernel panic - not syncing: IO-APIC + timer doesn't work!", 'panic'],
    ['BUG: unable to handle kernel paging request at ffffc90000000000', 'oops'],
    ['BUG: unable to handle page fault for address: ffffc90000000000', 'oops'],
    ['stack segment: 0000 [#1] SMP', 'oops'],
    ['Oops: 0002 [#1] PREEMPT SMP', 'oops'],
    ['kernel BUG at fs/pipe.c:12!', 'oops'],
    ['BUG: stack guard page was hit at 0000 (stack is 0000..0000)', 'oops'],
    ['BUG: using smp_processor_id() in preemptible [00000000] code: a/1', 'bug'],
    ['BUG: spinlock bad magic on CPU#0, a/1', 'bug'],
    ['BUG: Bad page state in process a  pfn:00001', 'bug'],
    ['BUG: Bad rss-counter state mm:0000 type:MM_ANONPAGES val:1', 'bug'],
    ['BUG: Dentry 0000{i=1,n=a} still in use (1) [unmount of tmpfs tmpfs]', 'bug'],
    ['BUG: KASAN: use-after-free in f+0x1/0x2', 'bug'],
    ['VFS: Busy inodes after unmount of tmpfs. Self-destruct in 5 seconds.', 'bug'],
    ['[ INFO: possible irq lock inversion dependency detected ]', 'lockdep'],
    ['[ INFO: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected ]', 'lockdep'],
    ['WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected', 'lockdep'],
    ['[ BUG: lock held when returning to user space! ]', 'lockdep'],
    ['WARNING: lock held when returning to user space!', 'lockdep'],
    ['[ BUG: Invalid wait context ]', 'lockdep'],
    ['BUG: MAX_LOCKDEP_ENTRIES too low!', 'lockdep'],
    ['BUG: key 0000 has not been registered!', 'lockdep'],
    ['BUG: soft lockup - CPU#1 stuck for 61s! [a:1]', 'soft-lockup'],
    ['watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [a:1]', 'soft-lockup'],
    ['NMI watchdog: Watchdog detected hard LOCKUP on cpu 0', 'soft-lockup'],
    ['INFO: RCU detected CPU 0 stall (t=1000 jiffies)', 'rcu-stall'],
    ['INFO: RCU detected CPU stalls: 1 (detected by 0, t=1000 jiffies)', 'rcu-stall'],
    ['rcu: INFO: rcu_sched self-detected stall on CPU', 'rcu-stall'],
    ['INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 1-... }', 'rcu-stall'],
    ['a: page allocation failure. order:0, mode:0x20', 'oom'],
    ['Memory cgroup out of memory: Kill process 1 (a) score 1 or sacrifice child', 'oom'],
    ['SLUB a: kmem_cache_destroy called for cache that still has objects.', 'slab'],
    ['BUG kmalloc-64: Object already free', 'slab'],
    ['c/r: task 42 is TASK_DEAD', 'notice'],
    ['lab: died mounting /proc: No such device', 'lab'],
  ];
  for (const [line, kind] of complaints) {
    it(`knows "${line}"`, () => {
      assert.deepEqual(kinds(`${line}\n`), [[kind, 1]]);
      assert.deepEqual(kinds(`<4>[    1.500000] ${line}\n`), [[kind, 1]]);
      assert.deepEqual(kinds(`[    1.500000][    T1] ${line}\n`), [[kind, 1]]);
    });
  }

  const lookalikes = [
    'WARNING: calibration of the delay loop',
    'WARNING: polling idle and HT enabled, performance may degrade.',
    'NMI watchdog: Perf NMI watchdog permanently disabled',
    'RCU-based detection of stalled CPUs is enabled.',
    'ODEBUG: selftest passed',
    'Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar',
    'INFO: lockdep is turned off.',
    'init[17] general protection ip:401214 sp:7fff25e51ec0 error:0 in init[401000+5000]',
    'traps: init[30] general protection fault ip:401214 sp:7ffd error:0 in init[401000+5000]',
    'traps: init[31] trap divide error ip:401220 sp:7ffd error:0 in init[401000+5000]',
    'init[16]: segfault at 10 ip 00000000004011f6 sp 00007fff error 6 in init[401000+5000]',
    'IRQ lockup detection disabled',
    'SysRq : Show Blocked State',
    "warning: process `a' used the deprecated sysctl system call",
    'lab: begin cases/oops.ts > oops > BUG: unable to handle kernel NULL pointer dereference',
    'cr-lab: case Kernel panic - not syncing',
    'lab: ready',
    'random: crng init done',
    'Freeing unused kernel memory: 240k freed',
  ];
  for (const line of lookalikes) {
    it(`ignores "${line}"`, () => {
      assert.deepEqual(kinds(`${line}\n`), []);
      assert.deepEqual(kinds(`[    1.500000] ${line}\n`), []);
    });
  }

  it("finds a complaint after a program's unfinished line", () => {
    assert.deepEqual(kinds('hello wor[    1.500000] BUG: scheduling while atomic: a/1/0x2\nld\n'), [
      ['bug', 1],
    ]);
  });

  it("finds 2.6.30's exception after a line that printk was in the middle of", () => {
    assert.deepEqual(
      kinds('a is trying to release lock (<0>general protection fault: 0000 [#1]\n'),
      [['oops', 1]],
    );
  });

  it('lets other programs speak within a complaint, and not after it', () => {
    const text =
      'BUG: scheduling while atomic: a/1/0x2\nCall Trace:\nhello\n f+0x1/0x2\nmore\nand more\nto come\n!\n';
    const [finding] = classifyText(text);
    assert.deepEqual(finding?.lines, text.split('\n').slice(0, 4));
  });

  it('ends a complaint at a marker of the lab', () => {
    const text = 'BUG: scheduling while atomic: a/1/0x2\nCall Trace:\nlab: end\n f+0x1/0x2\n';
    assert.deepEqual(kinds(text), [['bug', 2]]);
  });

  it('begins at the ruler before the first words', () => {
    const ruler = '------------[ cut here ]------------';
    const text = `x\n${ruler}\nrefcount_t: underflow; use-after-free.\nWARNING: CPU: 0 PID: 1 at lib/refcount.c:28 f+0x1/0x2\n`;
    const [finding] = classifyText(text);
    assert.deepEqual([finding?.kind, finding?.index, finding?.lines.length], ['warn', 1, 3]);
  });

  it('shows a complaint while its lines still come, once', () => {
    const classifier = createClassifier([/^c\/r:/]);
    assert.deepEqual(classifier.feed('BUG: scheduling while atomic: a/1/0x2'), []);
    classifier.feed('Call Trace:');
    assert.equal(classifier.open()?.lines.length, 2);
    assert.equal(classifier.flush().length, 1);
    assert.equal(classifier.open(), undefined);
    assert.deepEqual(classifier.flush(), []);
  });

  it('does not grow one complaint for ever', () => {
    const text = `BUG: scheduling while atomic: a/1/0x2\n${' f+0x1/0x2\n'.repeat(2000)}`;
    const [finding] = classifyText(text);
    assert.ok((finding?.lines.length ?? 0) <= 400);
  });
});
