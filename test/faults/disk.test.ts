import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readResults, runLab } from './start-lab.ts';
import { noNamespaces, withReadOnly, withSmallDisk } from './surroundings.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const files = [join(import.meta.dirname, 'fixtures/quiet.ts')];

describe('a disk that is full', { skip: noWorld || noNamespaces }, () => {
  let world: World;
  before(() => void (world = makeWorld()));
  after(() => world.remove());

  const run = (folder: string, kib: number) =>
    runLab({ world, files }, { wrapper: withSmallDisk(folder, kib) });

  it('while building is said to be full', async () => {
    const { status, text } = await run(world.home.builds, 200);
    assert.equal(status, 3, text);
    assert.match(text, /\[disk-full\]/);
    assert.doesNotMatch(text, /\n\s+at /, 'a stack');
  });

  it('while the image is kept is said to be full', async () => {
    const { status, text } = await run(world.home.images, 200);
    assert.equal(status, 3, text);
    assert.match(text, /\[disk-full\]/);
    assert.doesNotMatch(text, /\n\s+at /, 'a stack');
  });

  it('while saving costs the saved guest, not the run', async () => {
    const { status, text } = await run(world.home.guests, 2048);
    assert.equal(status, 0, text);
    assert.match(text, /warning guests are booted, not restored: .*ENOSPC/);
    assert.ok(readResults(world).guests.every(({ how }) => how === 'booted'));
  });

  it('while reporting makes a green run an error that names the reports', async () => {
    const { status, text } = await run(world.results, 28);
    assert.equal(status, 3, text);
    assert.match(text, /2 passed, 0 failed/);
    assert.match(text, /writing the reports: (results|junit|report)\.\w+: ENOSPC/);
    assert.doesNotMatch(text, /\n\s+at /, 'a stack');
  });

  it('keeps nothing half-done: with room, all is well', async () => {
    const { status, text } = await runLab({ world, files });
    assert.equal(status, 0, text);
    assert.deepEqual(readResults(world).warnings, []);
  });
});

describe('a lab home that can’t be written', { skip: noWorld || noNamespaces }, () => {
  let world: World;
  before(() => void (world = makeWorld()));
  after(() => world.remove());

  const run = () => runLab({ world, files }, { wrapper: withReadOnly(world.home.root) });

  it('and lacks what is needed is an error that says so', async () => {
    const { status, text } = await run();
    assert.equal(status, 3, text);
    assert.match(text, /LAB_HOME/);
    assert.match(text, /\[not-writable\]/);
    assert.doesNotMatch(text, /\n\s+at /, 'a stack');
  });

  it('serves what is in it', async () => {
    const first = await runLab({ world, files });
    assert.equal(first.status, 0, first.text);
    const { status, text } = await run();
    assert.equal(status, 0, text);
    assert.equal(readResults(world).totals.pass, 2);
    assert.ok(readResults(world).guests.every(({ how }) => how === 'restored'));
  });
});
