import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { keep } from '../../harness/store/cache.ts';
import type { Moment } from './order.ts';
import { allGone, processesOf, readResults, runLab } from './start-lab.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const files = [join(import.meta.dirname, 'fixtures/quiet.ts')];

/**
 * Each begins where the one before was killed, so each also shows that a lab gets through all
 * stages up to that place after a kill in any of them.
 */
const moments: Readonly<Record<string, { readonly moment: Moment; readonly qemu?: true }>> = {
  'the user space is compiled': {
    moment: { folder: 'home/rootfs', pattern: 'partial-[^/]*/shim$' },
  },
  'the source is imported': {
    moment: { folder: 'home/trees', pattern: 'partial-[^/]*/.*objects/..' },
  },
  'the source was imported': { moment: { type: 'stage-ended', stage: 'source' } },
  'patches are applied': {
    moment: { folder: 'home/trees', pattern: 'rebase-apply|include/linux/gcc12.h$' },
  },
  'the tree is configured': { moment: { type: 'stage-started', stage: 'config' } },
  'make runs': { moment: { type: 'stage-progress', stage: 'build' } },
  'the image is put into the cache': {
    moment: { folder: 'home/images', pattern: 'partial-[^/]*/bzImage$' },
  },
  'the first guest boots': {
    moment: { folder: 'results', pattern: 'console-.*-first.log$', bytes: 1 },
    qemu: true,
  },
  'the first guest is saved': {
    moment: { folder: 'home/guests', pattern: 'state.partial$' },
    qemu: true,
  },
  'a guest is restored': { moment: { type: 'guest-started' }, qemu: true },
  'a case runs': { moment: { type: 'case-started' }, qemu: true },
  'the reports are written': { moment: { folder: 'results', pattern: 'junit.xml(.partial)?$' } },
};

describe('a lab killed with SIGKILL', { skip: noWorld }, () => {
  let world: World;
  before(() => {
    world = makeWorld();
    // The guest's own programs, so that there is something to be killed in.
    for (const name of readdirSync(world.home.rootfs))
      if (/^(shim|subject|initramfs)-/.test(name))
        rmSync(join(world.home.rootfs, name), { recursive: true });
  });
  after(() => world.remove());

  for (const [when, { moment, qemu }] of Object.entries(moments)) {
    it(`while ${when} leaves no QEMU and no entry that is not whole`, async () => {
      const end = await runLab({ world, files, moment });
      assert.equal(end.signal, 'SIGKILL', `it was not killed: ${end.text}`);
      const killed = end.events.at(-1);
      assert.ok(killed?.type === 'environment');
      assert.equal(
        Object.values(killed.facts).some((name) => name.includes('qemu')),
        qemu === true,
      );
      await allGone(world, 'qemu');
      await checkCaches(world);
    });
  }

  it('is followed by one that finds all in order', async () => {
    const end = await runLab({ world, files });
    assert.equal(end.status, 0, end.text);
    assert.equal(readResults(world).totals.pass, 2);
    assert.deepEqual(readResults(world).warnings, []);
    await checkCaches(world);
    const left = readdirSync(world.home.root, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      left.filter((path) => /partial|\.lock|takeover/.test(path) && !path.includes('.git/')),
      [],
    );
    assert.deepEqual(processesOf(world, ''), []);
  });
});

/** Opens every entry that has its name, as a lab does: none may have to be made again. */
async function checkCaches({ home }: World): Promise<void> {
  for (const folder of [home.images, home.guests, home.rootfs, home.keys])
    for (const key of list(folder)) {
      const fail = () => Promise.reject(new Error(`${folder}/${key} is not whole`));
      await keep(folder, key, fail);
    }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.') && !name.endsWith('.lock'));
  } catch {
    return [];
  }
}
