import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Processor } from '../../qemu/processors.ts';
import { proveStuck, type Testimony } from '../../qemu/stuck.ts';

/** What the kernel of 2.6.30 or 6.1 prints of a task, its stack innermost first. */
const old = (name: string, state: string, pid: number, parent: number, ...stack: string[]) => [
  `[   30.130000] ${name.padEnd(13)} ${state} ${state === 'R' ? ' running task   ' : '0000000000000001'}     0 ${String(pid).padStart(5)} ${String(parent).padStart(6)}`,
  '[   30.130000]  ffff88000706bc98 0000000000000086 0000000000000282 ffff880007048e80',
  '[   30.130000] Call Trace:',
  ...stack.map((word) => `[   30.130000]  [<ffffffff8040c819>] ${word}/0x90`),
];
const young = (name: string, state: string, pid: number, parent: number, ...stack: string[]) => [
  `[   39.425755] task:${name.padEnd(15)} state:${state}${state === 'R' ? '  running task    ' : ''} stack:0     pid:${String(pid).padEnd(5)} ppid:${String(parent).padEnd(6)} flags:0x00000000`,
  '[   39.425755] Call Trace:',
  ...stack.map((word) => `[   39.425755]  ${word}/0x90`),
];
const idle: Processor = { inKernel: true, halted: true, interruptible: true };
const atWork: Processor = { ...idle, halted: false };
const dead: Processor = { ...idle, interruptible: false };
const user: Processor = { ...atWork, inKernel: false };
const looks = (...seen: Processor[]) => seen.map((each) => [each]);
const sleeping = ['schedule+0x9', 'schedule_timeout+0x7d', '? found+0x1', 'msleep+0x2a', 'f+0x3'];

for (const [version, task] of Object.entries({ '2.6.30': old, '6.1': young }))
  describe(`a guest of ${version} that no longer answers`, () => {
    const server = task('dropbear', 'S', 16, 1, 'schedule+0x9', 'poll+0x5');
    const shim = (state: string, ...stack: string[]) => task('shim', state, 17, 16, ...stack);
    const blocked = shim('D', ...sleeping);
    const prove = (testimony: Partial<Testimony>) =>
      proveStuck(
        {
          answered: true,
          printed: false,
          looks: looks(idle, idle, idle, idle, idle),
          blocked: [[], []],
          tasks: [...server, ...shim('S', 'schedule+0x9', 'poll+0x5')],
          ...testimony,
        },
        'dropbear',
      );

    it('hangs in its kernel if what should answer is blocked there', () => {
      const tasks = [...server, ...blocked];
      const stuck = prove({ tasks, blocked: [blocked, blocked] });
      assert.equal(stuck?.why, 'task shim (pid 17) is blocked in msleep+0x2a, called by f+0x3');
      assert.ok(stuck.stack.some((line) => line.includes('msleep')));
    });

    it('hangs there if another task is, and nobody keeps the programs from answering', () => {
      const other = task('cat', 'D', 19, 17, ...sleeping);
      assert.match(prove({ blocked: [other, other] })?.why ?? '', /^task cat \(pid 19\)/);
    });

    it('may just wait if the task is blocked elsewhere a moment later, or not any more', () => {
      const tasks = [...server, ...blocked];
      const elsewhere = shim('D', 'schedule+0x9', 'other+0x2');
      assert.equal(prove({ tasks, blocked: [blocked, elsewhere] }), undefined);
      assert.equal(prove({ tasks, blocked: [blocked, []] }), undefined);
      assert.equal(prove({ tasks, blocked: [blocked] }), undefined);
    });

    it('is no fault of the kernel if what should answer is stopped, frozen or gone', () => {
      const other = task('cat', 'D', 19, 17, ...sleeping);
      const frozen = shim('D', 'schedule+0x9', 'refrigerator+0x5', 'get_signal+0x1');
      for (const tasks of [[...server, ...shim('T', 'schedule+0x9')], [...server, ...frozen], []])
        assert.equal(prove({ tasks, blocked: [other, other] }), undefined);
    });

    it('is no fault of the kernel if a task waits for another program', () => {
      const parent = shim(
        'D',
        'schedule+0x9',
        'wait_for_completion+0x1',
        'do_fork+0x2',
        'sys_vfork+0x3',
      );
      assert.equal(prove({ tasks: [...server, ...parent], blocked: [parent, parent] }), undefined);
      const frozen = task('cat', 'D', 19, 17, 'schedule+0x9', '__refrigerator+0x5');
      assert.equal(prove({ blocked: [frozen, frozen] }), undefined);
    });

    it('hangs in its kernel if a processor never leaves it while programs could run', () => {
      const tasks = [...server, ...shim('R')];
      const busy = looks(atWork, atWork, atWork, atWork, atWork);
      assert.match(prove({ tasks, looks: busy })?.why ?? '', /never leaves it/);
      assert.equal(prove({ tasks, looks: [...busy, [user]] }), undefined);
      assert.equal(prove({ tasks, looks: [...busy, [idle]] }), undefined);
      assert.equal(prove({ tasks, looks: busy.slice(0, 2) }), undefined);
      assert.equal(prove({ looks: busy }), undefined, 'all programs sleep');
    });

    it('hangs in its kernel if that answers no SysRq and can’t, or had the time to', () => {
      const deaf = { answered: false, tasks: [] };
      assert.match(prove({ ...deaf, looks: looks(dead, dead) })?.why ?? '', /interrupts off/);
      assert.match(prove({ ...deaf, looks: looks(idle, dead) })?.why ?? '', /interrupts off/);
      const busy = looks(atWork, atWork);
      const time = { ran: 700, waited: 0 };
      assert.match(prove({ ...deaf, looks: busy, time })?.why ?? '', /ran for 0\.7 s/);
      for (const unproved of [
        { looks: busy, time: { ran: 20, waited: 3000 } },
        { looks: busy },
        { looks: busy, time, printed: true },
        { looks: looks(user, atWork), time },
        { looks: looks(idle, idle), time },
        { looks: looks(dead, idle), time },
        { looks: [], time },
      ])
        assert.equal(prove({ ...deaf, ...unproved }), undefined, JSON.stringify(unproved));
    });
  });
