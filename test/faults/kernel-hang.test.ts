import assert from 'node:assert/strict';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { findCommand } from '../../harness/setup/probe.mjs';
import type { CaseResult } from '../../harness/core/events.ts';
import { withDebugger } from './debugger.ts';
import { allGone, readResults, runLab, type LabEnd } from './start-lab.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const noGdb = findCommand('gdb') === undefined && 'there is no gdb on this machine';

const files = [join(import.meta.dirname, 'fixtures/hanging.ts')];

describe('a guest that no longer answers', { skip: noWorld }, () => {
  let world: World;
  let end: LabEnd;
  let cases: readonly CaseResult[];
  before(async () => {
    world = makeWorld();
    end = await runLab({ world, files, deadline: 1 }, { env: withDebugger(world) });
    cases = readResults(world).cases;
  });
  after(() => world.remove());

  const find = (test: string): CaseResult => {
    const found = cases.find((each) => each.test === test);
    assert.ok(found, end.text);
    return found;
  };

  const hangs: Readonly<Record<string, RegExp>> = {
    'sleeps in the kernel':
      /task shim \(pid \d+\) is blocked in msleep\+0x\w+, called by proc_tgid_stat/,
    // It may be looked at in a timer's interrupt.
    'loops in the kernel':
      /the processor never leaves it, and no program gets to run; CPU 0 is at \w/,
    'halts the processor for good':
      /it waits for an interrupt with all interrupts off; CPU 0 is at proc_tgid_stat\+0x2/,
  };
  for (const [test, words] of Object.entries(hangs))
    it(`since its kernel ${test} is red, and the kernel's fault`, () => {
      const { verdict, reason = '', error } = find(test);
      assert.deepEqual(
        [verdict, error?.code, error?.fault],
        ['fail', 'kernel-hang', 'kernel'],
        reason,
      );
      assert.match(reason, /^the kernel hangs: /);
      assert.match(reason, words);
      assert.match(reason, /; not done after [\d.]+ s, and the guest no longer answers$/);
      assert.ok(error?.details?.some((line) => line.includes('RIP=')));
    });

  it('since its kernel has died is red with what that said', () => {
    const { verdict, reason } = find('dies where the shim calls it');
    assert.equal(verdict, 'fail', reason);
    assert.match(reason ?? '', /^kernel oops: .*NULL pointer dereference/);
  });

  it('keeps the memory of the first ones, which gdb reads', { skip: noGdb }, async () => {
    const kept = cases.flatMap(({ test, otherArtefacts = [] }) =>
      otherArtefacts.map(({ name, file }) => ({ test, name, file })),
    );
    assert.deepEqual(
      kept.map(({ test, name }) => [test, name]),
      [
        ['dies where the shim calls it', 'memory'],
        ['sleeps in the kernel', 'memory'],
      ],
    );
    const core = join(world.folder, 'core');
    const packed = readFileSync(join(world.results, 'latest', kept[1]?.file ?? ''));
    writeFileSync(core, gunzipSync(packed));
    const ask = ['-batch', '-ex', 'x/2xb &proc_tgid_stat', '-ex', 'p init_task.comm'];
    const { stdout } = await promisify(execFile)('gdb', [...ask, world.vmlinux, core]);
    // What the case has written there: how long it sleeps.
    assert.match(stdout, /<proc_tgid_stat>:\s+0xbf\s+0xff/);
    assert.match(stdout, /"swapper/);
  });

  it('since its programs are frozen is an error', () => {
    const { verdict, error } = find('freezes what answers');
    assert.deepEqual([verdict, error?.code], ['error', 'guest-hang'], error?.what);
  });

  it('makes the run red, and leaves no QEMU', async () => {
    assert.equal(end.status, 1, end.text);
    await allGone(world, 'qemu');
  });
});
