import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunningMachine } from '../../qemu/contracts.ts';
import { askHung } from '../../qemu/hang.ts';
import { launchMachine } from '../../qemu/launch.ts';
import { readRegisters } from '../../qemu/processors.ts';
import { awaitByte, hang, prepare, print, repeat, soon, spin } from './tiny-guest.ts';

/** Resolves when a guest's processor has come to its halt; QEMU tells of none by itself. */
async function halted(running: RunningMachine): Promise<void> {
  const signal = soon();
  while (!(await readRegisters(running)).some((line) => line.includes('HLT=1')))
    signal.throwIfAborted();
}

describe('askHung', () => {
  it('collects what the kernel answers to each key, and the registers', async (t) => {
    // It answers the break (a NUL byte on the line) as well as the key after it.
    const answer = print('SysRq : Show Blocked State\r\n  task PC stack\r\n');
    const { machine, options } = await prepare(t, [
      print('up\n'),
      repeat(Buffer.concat([awaitByte, answer])),
    ]);
    const running = await launchMachine(machine, options);
    await running.console.waitFor(/up/, { signal: soon() });
    const report = await askHung(running, { signal: soon(), patience: 20_000 });
    assert.equal(report.answered, true);
    assert.equal(report.stuck, undefined);
    assert.ok(!report.console.includes('up'));
    assert.ok(report.stacks.length < report.console.length, 'all tasks are for the log');
    const answers = report.console.filter((line) => line.startsWith('SysRq')).length;
    assert.ok(answers >= 3, `${answers} answers to three keys`);
    assert.ok(report.registers.some((line) => line.includes('EIP=')));
  });

  it('says that a deaf guest does not answer, and still has its registers', async (t) => {
    const { machine, options } = await prepare(t, [print('up\n'), hang]);
    const running = await launchMachine(machine, options);
    await running.console.waitFor(/up/, { signal: soon() });
    await halted(running);
    const report = await askHung(running, { signal: soon(), patience: 300 });
    assert.equal(report.answered, false);
    assert.deepEqual(report.console, []);
    assert.ok(report.registers.some((line) => line.includes('HLT=1')));
    assert.match(report.stuck ?? '', /all interrupts off/);
  });

  it('proves that a deaf guest at work hangs by the time that it had', async (t) => {
    const { machine, options } = await prepare(t, [print('up\n'), spin]);
    const running = await launchMachine(machine, options);
    await running.console.waitFor(/up/, { signal: soon() });
    const report = await askHung(running, { signal: soon(), patience: 20_000 });
    assert.equal(report.answered, false);
    assert.match(report.stuck ?? '', /answers no SysRq, though its processor ran for \d/);
  });

  it('proves nothing of a guest that does not run', async (t) => {
    const { machine, options } = await prepare(t, [print('up\n'), hang]);
    const running = await launchMachine(machine, options);
    await running.console.waitFor(/up/, { signal: soon() });
    await running.qmp.execute('stop');
    const report = await askHung(running, { signal: soon(), patience: 300 });
    assert.deepEqual([report.answered, report.stuck], [false, undefined]);
  });
});
