import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CaseResult } from '../../harness/core/events.ts';
import type { Results } from '../../harness/results/results.ts';
import { allGone, processesOf, readResults, startLab, type LabEnd } from './start-lab.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const files = [join(import.meta.dirname, 'fixtures/faulty.ts')];

describe('a guest', { skip: noWorld }, () => {
  let world: World;
  let end: LabEnd;
  let results: Results;
  before(async () => {
    world = makeWorld();
    const lab = startLab({ world, files, deadline: 2 });
    const begun = await lab.waitFor(
      (event) => event.type === 'case-started' && event.id.endsWith('waits to be killed'),
    );
    const pids = begun === undefined ? [] : processesOf(world, 'qemu');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    end = await lab.ended;
    assert.equal(pids.length, 1, end.text);
    results = readResults(world);
  });
  after(() => world.remove());

  const find = (test: string): CaseResult => {
    const found = results.cases.find((each) => each.test === test);
    assert.ok(found, `there is no result of "${test}"`);
    return found;
  };
  const tellError = (test: string) => {
    const { verdict, error } = find(test);
    return [verdict, error?.code, error?.fault];
  };

  it('that is lost costs one case: those before, between and after pass', () => {
    for (const when of ['before', 'after a panic', 'at the end'])
      assert.equal(find(`answers ${when}`).verdict, 'pass');
    assert.equal(end.status, 1);
    assert.equal(new Set(results.cases.map(({ guest }) => guest)).size, results.cases.length);
  });

  it('that panics is red, with what the kernel said', () => {
    const { verdict, reason, findings, console: lines } = find('panics');
    assert.equal(verdict, 'fail');
    assert.match(reason ?? '', /kernel panic: .*Kernel panic - not syncing/);
    assert.ok(findings.some(({ kind }) => kind === 'panic'));
    assert.ok(lines.some((line) => line.includes('Kernel panic')));
  });

  it('that hangs is an error, and is asked why before it is ended', () => {
    assert.deepEqual(tellError('stops what answers'), ['error', 'guest-hang', 'guest-hang']);
    const details = find('stops what answers').error?.details?.join('\n') ?? '';
    assert.match(details, /SysRq : Show Blocked State|sysrq: Show Blocked State/);
    assert.match(details, /RIP=/);
  });

  it('that closes SSH in the middle is an error', () => {
    assert.deepEqual(tellError('ends the connection'), ['error', 'session-lost', 'guest-hang']);
  });

  it('that floods the console is judged, and neither report nor screen is flooded', () => {
    const { verdict, reason, console: lines, guest } = find('floods the console');
    assert.equal(verdict, 'pass', reason);
    assert.ok(lines.length <= 15_100, String(lines.length));
    const log = join(world.results, 'latest', `console-${guest ?? ''}.log`);
    assert.ok(statSync(log).size > 80_000);
    assert.ok(end.text.split('\n').length < 700, String(end.text.split('\n').length));
  });

  it('whose kernel is tainted without a word is red', () => {
    const { verdict, reason } = find('taints the kernel');
    assert.equal(verdict, 'fail');
    // A kernel with KUnit is tainted from its boot on.
    const [, from, to] =
      /^kernel taint: tainted from (\d+) to (\d+) \(a warning\)$/.exec(reason ?? '') ?? [];
    assert.equal(Number(to) - Number(from), 512);
  });

  it('whose console has not all that the kernel has logged is an error', () => {
    const told = tellError('hides a warning from the console');
    assert.deepEqual(told, ['error', 'console-lossy', 'infrastructure']);
  });

  it('whose programs write what a kernel would is judged by its kernel', () => {
    for (const path of ['/dev/console', '/dev/kmsg']) {
      const { verdict, reason, console: lines } = find(`writes like a kernel to ${path}`);
      assert.equal(verdict, 'pass', reason);
      assert.ok(lines.some((line) => line.includes('BUG: unable to handle')));
    }
  });

  it('whose QEMU was killed is an error that says so', () => {
    assert.deepEqual(tellError('waits to be killed'), ['error', 'machine-ended', 'infrastructure']);
    assert.match(find('waits to be killed').reason ?? '', /QEMU was killed by SIGKILL/);
  });

  it('leaves no QEMU', () => allGone(world, 'qemu'));
});
