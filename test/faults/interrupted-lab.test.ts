import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { allGone, readResults, runLab } from './start-lab.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const fixture = (name: string) => join(import.meta.dirname, `fixtures/${name}.ts`);

describe('Ctrl-C', { skip: noWorld }, () => {
  let world: World;
  before(() => void (world = makeWorld()));
  after(() => world.remove());

  it('in a case ends the run in order, with a report of what was done', async () => {
    const files = [fixture('quiet'), fixture('waiting')];
    const id = 'test/faults/fixtures/waiting.ts > waiting > for what never comes';
    const interrupts = [{ type: 'case-started', id }];
    const { status, signal, text } = await runLab({ world, files, interrupts });
    assert.deepEqual([status, signal], [3, null], text);
    const { cases, finished, missing } = readResults(world);
    assert.deepEqual(
      cases.map(({ verdict, error }) => [verdict, error?.code]),
      [
        ['pass', undefined],
        ['pass', undefined],
        ['error', 'interrupted'],
        ['error', 'interrupted'],
      ],
    );
    assert.deepEqual([finished, missing.length], [true, 0]);
    assert.match(text, /Ctrl-C/);
    for (const name of ['report.html', 'junit.xml', 'results.tap'])
      assert.ok(existsSync(join(world.results, 'latest', name)), name);
    await allGone(world, '');
  });

  it('while the first guest boots ends that', async () => {
    // So that there is nothing to restore, and no console of an earlier one.
    for (const folder of [world.home.guests, world.results]) rmSync(folder, { recursive: true });
    const interrupts = [{ folder: 'results', pattern: '-first.log$', bytes: 1 }];
    const { status, text } = await runLab({ world, files: [fixture('quiet')], interrupts });
    assert.equal(status, 3, text);
    assert.equal(readResults(world).cases[0]?.error?.code, 'interrupted');
    await allGone(world, '');
    const left = readdirSync(world.home.guests).filter((name) => name !== '.users');
    assert.deepEqual(left, []);
  });

  it('twice ends it now, and QEMU with it', async () => {
    const interrupts = [{ type: 'case-started' }, { type: 'case-ended' }];
    const files = [fixture('waiting')];
    const { status, text } = await runLab({ world, files, interrupts });
    assert.equal(status, 130, text);
    await allGone(world, '');
    const end = await runLab({ world, files: [fixture('quiet')] });
    assert.equal(end.status, 0, end.text);
  });
});
