import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dir } from 'tmp-promise';
import { imageOfCommand, images } from '../../../cases/cr/artefact.ts';
import { describeArtefact } from '../../../harness/guest/artefact.ts';
import { withCalls } from '../../../cases/cr/verbs.ts';
import { openScope } from '../../../harness/guest/guest.ts';
import type { ShimAnswer } from '../../../harness/guest/shim-client.ts';
import { header } from './image-bytes.ts';

describe('imageOfCommand', () => {
  const commands = [
    ['checkpoint --pid 7 --flags 1 --out /tmp/a/image-1', { path: '/tmp/a/image-1', start: 0 }],
    ['checkpoint --pid 7 --out /tmp/a --offset 6', { path: '/tmp/a', start: 6 }],
    ['restart --self --in /tmp/b --flags 0', { path: '/tmp/b', start: 0 }],
    ['repeat 100 -- checkpoint --pid 7 --out /tmp/c', { path: '/tmp/c', start: 0 }],
    ['checkpoint --pid 7 --closed-fd', undefined],
    ['read /tmp/a --offset 3', undefined],
  ] as const;
  it('knows what a program is told to do with itself', () => {
    const place = { path: '/tmp/a/image', start: 0 };
    assert.deepEqual(imageOfCommand(['input', '3', 'restart /tmp/a/image']), place);
    assert.deepEqual(imageOfCommand(['input', '3', 'checkpoint 0 /tmp/a/image']), place);
    assert.equal(imageOfCommand(['input', '3', 'count']), undefined);
  });
  for (const [command, place] of commands)
    it(`knows ${command}`, () => assert.deepEqual(imageOfCommand(command.split(' ')), place));
});

describe("a case's image", () => {
  it('is shown up to where it breaks, and kept', async () => {
    const bytes = Buffer.concat([header(), Buffer.from([1, 2, 3])]);
    const { path, cleanup } = await dir({ unsafeCleanup: true });
    try {
      const keep = { folder: join(path, 'run'), name: 'image-1' };
      const { lines, file } = await describeArtefact({ path: '/tmp/x', bytes }, images, keep);
      assert.match(lines.join('\n'), /HEADER/);
      assert.match(lines.join('\n'), /^broken at byte \d+ .*there: 01 02 03/ms);
      assert.equal(file, 'image-1');
      assert.deepEqual(await readFile(join(path, 'run', 'image-1')), bytes);
    } finally {
      await cleanup();
    }
  });

  it('is the last that was written or read, also by a call that did not come back', async () => {
    const asked: string[] = [];
    const answers: ShimAnswer = { ret: 0, errno: null };
    const call = (argv: readonly string[]): Promise<ShimAnswer> => {
      asked.push(argv.join(' '));
      if (argv[0] === 'restart') return Promise.reject(new Error('no answer'));
      if (argv[0] === 'stat') return Promise.resolve({ exists: true, size: 3 });
      if (argv[0] === 'read') return Promise.resolve({ data: 'AQID', length: 3, end: true });
      return Promise.resolve(answers);
    };
    const told: string[] = [];
    const scope = openScope({
      shim: { call },
      programs: undefined as never,
      console: undefined as never,
      consoleFrom: 0,
      patience: 50,
      deadline: 50,
      artefactOf: images.placeOf,
      onAnswer: (argv) => void told.push(argv.join(' ')),
      expected: [],
    });
    assert.equal(await scope.artefact(), undefined);
    await scope.guest.shim('checkpoint', '--pid', '3', '--out', '/tmp/one');
    assert.equal((await scope.artefact())?.path, '/tmp/one');
    await withCalls(scope.guest)
      .restart(0, '/tmp/two')
      .catch(() => undefined);
    const found = await scope.artefact();
    assert.equal(found?.path, '/tmp/two');
    assert.deepEqual([...found.bytes], [1, 2, 3]);
    assert.deepEqual(
      told,
      ['checkpoint --pid 3 --out /tmp/one'],
      'looking is not the case’s doing',
    );
  });
});
