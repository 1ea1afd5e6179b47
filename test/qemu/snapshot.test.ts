import assert from 'node:assert/strict';
import { readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { launchMachine } from '../../qemu/launch.ts';
import { saveGuest } from '../../qemu/snapshot.ts';
import { echo, prepare, print, soon } from './tiny-guest.ts';

describe('saveGuest', () => {
  it('saves a guest that goes on where it was, as often as wanted', async (t) => {
    const { folder, machine, options } = await prepare(t, [print('up\n'), echo]);
    const file = join(folder, 'guest');
    const first = await launchMachine(machine, options);
    await first.console.waitFor(/up/, { signal: soon() });
    const saved = await saveGuest(first, file, soon());
    assert.ok(saved.bytes > 10_000);
    await first.qmp.execute('cont');
    first.console.write('still here\n');
    await first.console.waitFor(/^still here$/, { from: 1, signal: soon() });
    await first.kill();

    for (const name of ['second', 'third']) {
      const running = await launchMachine(machine, {
        ...options,
        name,
        consoleLog: join(folder, `${name}.log`),
        restoreFrom: file,
      });
      assert.equal(running.how, 'restored');
      running.console.write(`hello ${name}\n`);
      await running.console.waitFor(new RegExp(`^hello ${name}$`), { signal: soon() });
      assert.deepEqual(running.console.lines, [`hello ${name}`]);
      assert.equal((await running.kill()).status, 0);
    }
  });

  it('can be called again on the same machine, and on a restored one', async (t) => {
    const { folder, machine, options } = await prepare(t, [print('up\n'), echo]);
    const first = await launchMachine(machine, options);
    await first.console.waitFor(/up/, { signal: soon() });
    await saveGuest(first, join(folder, 'a'), soon());
    await first.qmp.execute('cont');
    await saveGuest(first, join(folder, 'b'), soon());
    await first.kill();
    const restored = await launchMachine(machine, { ...options, restoreFrom: join(folder, 'b') });
    await saveGuest(restored, join(folder, 'c'), soon());
    await restored.kill();
    const again = await launchMachine(machine, { ...options, restoreFrom: join(folder, 'c') });
    again.console.write('here\n');
    await again.console.waitFor(/^here$/, { signal: soon() });
  });

  // A guest each: QEMU forgets a migration that has failed only when it gets round to it.
  const reasons = [
    ['no-such-folder/guest', /no such file/],
    ['guest', /no space left/],
  ] as const;
  for (const [name, what] of reasons)
    it(`says why it could not (${what.source}), leaves no file, and the guest can go on`, async (t) => {
      const { folder, machine, options } = await prepare(t, [print('up\n'), echo]);
      const running = await launchMachine(machine, options);
      await running.console.waitFor(/up/, { signal: soon() });
      const before = await readdir(folder);
      // Where the lab writes first, the disk is full.
      if (name === 'guest') await symlink('/dev/full', join(folder, 'guest.partial'));
      const saving = saveGuest(running, join(folder, name), soon());
      await assert.rejects(saving, { code: 'save-failed', what });
      assert.deepEqual(await readdir(folder), before);
      await running.qmp.execute('cont');
      running.console.write('fine\n');
      await running.console.waitFor(/^fine$/, { signal: soon() });
    });
});

describe('restoring', () => {
  it('refuses a file that is cut, damaged at its head, or missing', async (t) => {
    const { folder, machine, options } = await prepare(t, [print('up\n'), echo]);
    const file = join(folder, 'guest');
    const running = await launchMachine(machine, options);
    await running.console.waitFor(/up/, { signal: soon() });
    const { bytes } = await saveGuest(running, file, soon());
    await running.kill();
    const restore = (restoreFrom: string) => launchMachine(machine, { ...options, restoreFrom });

    await assert.rejects(restore(join(folder, 'nothing')), { code: 'restore-failed' });
    const flipped = await readFile(file);
    flipped.writeUInt32LE(0xdeadbeef, 0);
    await writeFile(join(folder, 'flipped'), flipped);
    await assert.rejects(restore(join(folder, 'flipped')), { code: 'restore-failed' });
    await truncate(file, Math.floor(bytes / 2));
    await assert.rejects(restore(file), { code: 'restore-failed' });
  });
});
