import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { findCommand } from '../../harness/setup/probe.mjs';
import { findCaseFiles, listCases } from '../../harness/suite/list-cases.ts';
import { createGdbMachinery, gdbFactor } from '../../harness/session/gdb.ts';
import { createMachinery } from '../../harness/guest/guests.ts';
import { selectOneCase } from '../../harness/plan/one-case.ts';
import { prepareGuests } from '../../harness/session/prepare.ts';
import { runCases } from '../../harness/run/runner.ts';
import { makeImage } from '../../kernel/image.ts';
import { makeWorld, noWorld } from './world.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const skip = noWorld || (findCommand('gdb') === undefined && 'no gdb on this machine');

/** What the fixture's case has the kernel call, on both bases. */
const called = 'version_proc_show';

it(
  'stops the guest where its case begins, and lets gdb see what the kernel does in it',
  {
    skip,
  },
  async (t) => {
    const world = makeWorld();
    t.after(() => world.remove());
    const { base, source, patches: patchesFolder, config: configFolder, home, vmlinux } = world;
    const scratch = join(world.folder, 'scratch');
    mkdirSync(scratch);
    const { signal } = new AbortController();
    const context = { home, emit: () => undefined, signal, scratch };
    const files = await findCaseFiles([join(import.meta.dirname, 'fixtures/release.ts')], {
      root,
      cases: '',
    });
    const offer = { name: base.name, applied: [] };
    const words = new RegExp(`is ${world.kernel}$`);
    const chosen = selectOneCase(words, offer, await listCases(files, root), files);
    const made = await makeImage({ base, source, patchesFolder, configFolder }, context);
    const image = { ...made, vmlinux };
    const parts = await prepareGuests([base], { accel: 'tcg', programs: [] }, context);
    let gdb: Promise<string> | undefined;
    const attach = ([command = '', ...args]: readonly string[]) => {
      const more = [`hbreak ${called}`, 'continue', 'bt 1', 'delete', 'detach'];
      const batch = ['-batch', ...args, ...more.flatMap((line) => ['-ex', line])];
      gdb = run(command, batch).then(({ stdout }) => stdout);
    };
    const guests = { ...parts, images: [image], factor: gdbFactor, folder: scratch };
    const usual = createMachinery(guests, context);
    const machinery = createGdbMachinery({ image, parts, fromBoot: false, attach }, context, usual);
    const choices = { jobs: 1, isolation: 'case', factor: gdbFactor, root } as const;
    const results = await runCases({ entries: chosen.on(offer) }, machinery, context, choices);
    const said = (await gdb) ?? 'gdb was never started';
    assert.match(said, new RegExp(`^#0 +${called} \\(`, 'm'));
    // Deadlines don't run while somebody looks, and the guest goes on after it.
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['pass'],
    );
  },
);
