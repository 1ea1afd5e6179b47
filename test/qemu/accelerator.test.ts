import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { dir } from 'tmp-promise';
import { findLabHome } from '../../harness/core/home.ts';
import { chooseAccelerator, explainPermission } from '../../qemu/accelerator.ts';
import { calibrate, factorOf } from '../../qemu/calibrate.ts';
import { findQemu } from '../../qemu/program.ts';
import { tryAccelerator } from '../../qemu/trial.ts';
import { soon } from './tiny-guest.ts';

async function prepareContext(context: TestContext) {
  const { path: scratch, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  context.after(() => cleanup());
  const home = findLabHome({ LAB_HOME: join(scratch, 'home') });
  return { home, scratch, signal: soon() };
}

/** Puts a script in QEMU's place; `/dev/null` stands for /dev/kvm: it opens. */
async function pretend(context: TestContext, folder: string, script: string): Promise<void> {
  const path = join(folder, 'qemu');
  const version = '[ "$1" = --version ] && { echo "QEMU emulator version 7.2.0"; exit; }';
  await writeFile(path, `#!/bin/sh\n${version}\necho run >> ${folder}/runs\n${script}\n`);
  await chmod(path, 0o755);
  process.env['LAB_QEMU'] = path;
  context.after(() => delete process.env['LAB_QEMU']);
}

const device = '/dev/null';

describe('chooseAccelerator', () => {
  it('takes KVM when the whole probe came through, and remembers it', async (t) => {
    const context = await prepareContext(t);
    await pretend(t, context.scratch, 'printf ABC >&3; exec sleep 60');
    assert.equal((await chooseAccelerator({ device }, context)).name, 'kvm');
    assert.equal((await chooseAccelerator({ device }, context)).name, 'kvm');
    const runs = () => readFile(join(context.scratch, 'runs'), 'utf8');
    assert.equal(await runs(), 'run\n');
    await chooseAccelerator({ device, fresh: true }, context);
    assert.equal(await runs(), 'run\nrun\n');
  });

  it('does not believe in a guest that only printed its first bytes', async (t) => {
    const context = await prepareContext(t);
    await pretend(t, context.scratch, 'printf AB >&3; exec sleep 60');
    const begun = performance.now();
    const accelerator = await chooseAccelerator({ device }, context);
    assert.equal(accelerator.name, 'tcg');
    assert.match(accelerator.reason, /does not really virtualise/);
    assert.ok(performance.now() - begun < 10_000);
    await assert.rejects(chooseAccelerator({ device, override: 'kvm' }, context), {
      code: 'kvm-unusable',
    });
  });

  it("hands on QEMU's words when it gives up", async (t) => {
    const context = await prepareContext(t);
    await pretend(
      t,
      context.scratch,
      'echo "qemu: warning: x" >&2; echo "qemu: no MSR" >&2; exit 1',
    );
    const { name, reason } = await chooseAccelerator({ device }, context);
    assert.deepEqual([name, reason], ['tcg', 'TCG: QEMU gave up on KVM with -cpu qemu64: no MSR']);
  });

  it('tries every model that guests are to have, each once', async (t) => {
    const context = await prepareContext(t);
    const refuse = 'case " $* " in *" host "*) echo "qemu: no nesting" >&2; exit 1;; esac';
    await pretend(t, context.scratch, `${refuse}\nprintf ABC >&3; exec sleep 60`);
    const choose = (...models: string[]) => chooseAccelerator({ device, models }, context);
    assert.equal((await choose('qemu64', 'qemu64')).name, 'kvm');
    assert.equal(await readFile(join(context.scratch, 'runs'), 'utf8'), 'run\n');
    const { name, reason } = await choose('qemu64', 'host');
    assert.equal(name, 'tcg');
    assert.equal(reason, 'TCG: QEMU gave up on KVM with -cpu host: no nesting');
  });

  it('says that there is no device, and asks again the next time', async (t) => {
    const context = await prepareContext(t);
    await pretend(t, context.scratch, 'printf ABC >&3; exec sleep 60');
    const without = await chooseAccelerator({ device: '/dev/no-kvm' }, context);
    assert.deepEqual(without, { name: 'tcg', reason: 'TCG: there is no /dev/no-kvm on this host' });
    assert.equal((await chooseAccelerator({ device }, context)).name, 'kvm');
  });

  it('names the group to join', async () => {
    assert.match(
      await explainPermission('/dev/kvm', { gid: 0, mode: 0o20660 }),
      /^no permission to open \/dev\/kvm; join its group \(sudo usermod -aG root \S+\)/,
    );
    assert.match(await explainPermission('/dev/kvm', { gid: 0, mode: 0o20600 }), /only its owner/);
  });

  it('lives with a home that cannot be written and with a damaged memory', async (t) => {
    const context = await prepareContext(t);
    await pretend(t, context.scratch, 'printf ABC >&3; exec sleep 60');
    await writeFile(join(context.scratch, 'home'), 'a file where a folder should be');
    assert.equal((await chooseAccelerator({ device }, context)).name, 'kvm');
  });
});

describe('findQemu', () => {
  it('tells missing, too old and broken apart', async (t) => {
    const { scratch } = await prepareContext(t);
    const script = async (text: string) => {
      const path = join(scratch, 'other');
      await writeFile(path, `#!/bin/sh\n${text}\n`);
      await chmod(path, 0o755);
      return path;
    };
    await assert.rejects(findQemu(join(scratch, 'nothing')), { code: 'qemu-missing' });
    const old = await script('echo "QEMU emulator version 2.11.1(Debian)"');
    await assert.rejects(findQemu(old), { code: 'qemu-too-old', what: /2\.11\.1/ });
    await assert.rejects(findQemu(await script('exit 3')), { code: 'qemu-broken' });
    await assert.rejects(findQemu(await script('echo hello')), { code: 'qemu-broken' });
  });
});

describe('calibrate', () => {
  it('runs the probe under TCG and gives a factor', async (t) => {
    const context = await prepareContext(t);
    const { factor, nanoseconds } = await calibrate('tcg', context);
    assert.ok(factor >= 1 && factor <= 20, `factor ${factor}`);
    assert.ok(nanoseconds > 0.1 && nanoseconds < 100, `${nanoseconds} ns`);
    assert.equal((await calibrate('tcg', context)).nanoseconds, nanoseconds);
  });

  it('never shortens a deadline, and never makes one endless', () => {
    assert.deepEqual([0.3, 5, 10, 11.1, 1e6].map(factorOf), [1, 1, 2, 2.2, 20]);
  });

  it('stops with the signal', async (t) => {
    const { scratch } = await prepareContext(t);
    const stop = AbortSignal.abort(new Error('no'));
    const options = { command: 'qemu-system-x86_64', accelerator: 'tcg', cpu: 'qemu64' } as const;
    const trial = tryAccelerator({ ...options, patience: 5000, scratch, signal: stop });
    await assert.rejects(trial, /no/);
  });
});
