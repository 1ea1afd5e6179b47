import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HostTime } from '../../qemu/processors.ts';
import { watchSilence } from '../../qemu/silence.ts';

/** Registers as QEMU tells them, of one processor. */
const idle = 'RIP=ffffffff802117c0 RFL=00000206 [-----P-] CPL=0 II=0 A20=1 SMM=0 HLT=1';
const dead = idle.replace('206', '006');

function watch(registers: string, times: readonly (HostTime | undefined)[], factor = 1) {
  const console = { lastByte: undefined as number | undefined };
  const qmp = { human: () => Promise.resolve(`CPU#0\r\n${registers}\r\n`) };
  const left = [...times];
  const silence = watchSilence({ qmp, pid: 1, console } as never, factor, () =>
    Promise.resolve(left.shift()),
  );
  return { silence, console };
}

/** A guest whose last byte came ten seconds ago. */
const longAgo = () => performance.now() - 10_000;

function isAbout(look: unknown, wanted: number): boolean {
  return typeof look === 'number' && look >= wanted && look < wanted + 1000;
}

describe("a guest's silence", () => {
  it('does not count the time in which the host let others run', async () => {
    const times = [
      { ran: 100, waited: 2000 },
      { ran: 150, waited: 9000 },
    ];
    const { silence } = watch(idle, times);
    const lastByte = longAgo();
    assert.ok(isAbout(await silence.look(lastByte), 10_000), 'what was before is not known');
    assert.ok(isAbout(await silence.look(lastByte), 3000));
  });

  it('begins anew after each byte', async () => {
    const times = [0, 9000, 9000].map((waited) => ({ ran: 0, waited }));
    const { silence, console } = watch(idle, times);
    const lastByte = longAgo();
    await silence.look(lastByte);
    console.lastByte = lastByte + 5000;
    assert.equal(await silence.look(lastByte), 'printed');
    assert.ok(isAbout(await silence.look(lastByte + 5000), 5000));
  });

  it('goes by the calibration where the host tells nothing', async () => {
    const { silence } = watch(idle, [], 5);
    assert.ok(isAbout(await silence.look(longAgo()), 2000));
  });

  it('is for ever if its processors are halted with interrupts off, twice', async () => {
    const { silence } = watch(dead, []);
    const lastByte = longAgo();
    assert.notEqual(await silence.look(lastByte), 'dead');
    assert.equal(await silence.look(lastByte), 'dead');
  });
});
