import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { isLabError, type LabError } from '../../harness/core/errors.ts';
import { awaitReady, type ReadyOptions } from '../../qemu/boot.ts';
import { launchMachine } from '../../qemu/launch.ts';
import { hang, prepare, print, repeat, spin, tripleFault } from './tiny-guest.ts';

const patient = { deadline: 30_000 };

async function boot(
  context: TestContext,
  pieces: readonly Buffer[],
  options: Omit<ReadyOptions, 'signal'> = patient,
): Promise<number> {
  const bench = await prepare(context, pieces);
  const running = await launchMachine(bench.machine, bench.options);
  return awaitReady(running, { ...options, signal: bench.options.signal });
}

async function failure(promise: Promise<unknown>): Promise<LabError> {
  const error: unknown = await promise.then(
    () => assert.fail('it came up'),
    (reason: unknown) => reason,
  );
  assert.ok(isLabError(error), String(error));
  assert.equal(error.fault, 'boot');
  return error;
}

describe('awaitReady', () => {
  it('returns when init says ready, though printk ran into the line', async (t) => {
    const time = await boot(t, [print('lab: init\n[    1.2] usb: lab: ready\n'), hang]);
    assert.ok(time > 0 && time < 30_000);
  });

  it('reports a panic at once, with its lines', async (t) => {
    const words = 'Kernel panic - not syncing: no way out';
    const begun = performance.now();
    const error = await failure(boot(t, [print(`booting\n[    0.5] ${words}\n`), hang]));
    assert.ok(performance.now() - begun < 15_000);
    assert.equal(error.code, 'boot-panic');
    assert.match(error.what, /no way out/);
    assert.deepEqual(error.details?.slice(0, 2), ['booting', `[    0.5] ${words}`]);
  });

  it('reports that init died', async (t) => {
    const died = 'lab: died mounting /proc: No such device\n';
    const error = await failure(boot(t, [print(died), hang]));
    assert.equal(error.code, 'boot-init-died');
    assert.match(error.what, /mounting \/proc/);
  });

  it('reports a reset without a word as the end of QEMU', async (t) => {
    const error = await failure(boot(t, [print('so far\n'), tripleFault]));
    assert.equal(error.code, 'boot-qemu-ended');
    assert.match(error.what, /reset itself.*after "so far"/);
  });

  it('tells silence from the start from silence later, and waits for nothing dead', async (t) => {
    const mute = await failure(boot(t, [hang]));
    assert.equal(mute.code, 'boot-no-output');
    const stalled = await failure(boot(t, [print('line one\nhalf a li'), hang]));
    assert.equal(stalled.code, 'boot-stalled');
    assert.match(stalled.what, /after "half a li"/);
    const [, silence] = /silent for ([\d.]+) s/.exec(stalled.what) ?? [];
    assert.ok(Number(silence) < 5, stalled.what);
    assert.equal(stalled.details?.[0], 'line one');
    assert.ok(
      stalled.details.some((line) => line.includes('HLT=1')),
      'it says where it is',
    );
  });

  it('waits 5 s for a guest that is busy, and longer on a host that is slow', async (t) => {
    const busy = await failure(boot(t, [print('line one\n'), spin]));
    assert.equal(busy.code, 'boot-stalled');
    const [, silence] = /silent for ([\d.]+) s/.exec(busy.what) ?? [];
    assert.ok(Number(silence) >= 5, busy.what);
    const slow = await failure(
      boot(t, [print('line one\n'), spin], { deadline: 6000, factor: 20 }),
    );
    assert.equal(slow.code, 'boot-late');
  });

  it('gives up on a guest that prints for ever', async (t) => {
    const error = await failure(boot(t, [repeat(print('again\n'))], { deadline: 2000 }));
    assert.equal(error.code, 'boot-late');
    assert.equal(error.details?.length, 40);
  });

  it("rejects with the signal's own reason", async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    const running = await launchMachine(machine, options);
    const stop = new AbortController();
    const waiting = awaitReady(running, { ...patient, signal: stop.signal });
    stop.abort(new Error('Ctrl-C'));
    await assert.rejects(waiting, /Ctrl-C/);
  });
});
