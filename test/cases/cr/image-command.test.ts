import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { main } from '../../../harness/cli/cli.ts';
import { openCli } from '../../../harness/core/cli-context.ts';
import { errorRecord, header, object, task, tree, wholeImage } from './image-bytes.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-image-'));
  const images = {
    whole: wholeImage(),
    other: Buffer.from(wholeImage()),
    cut: wholeImage().subarray(0, 400),
    unknown: Buffer.concat([header(), tree(5), task(), object(77, [])]),
    refused: errorRecord('task 5 (init) is not frozen'),
    empty: Buffer.alloc(0),
  };
  images.other[40] = 3;
  for (const [name, bytes] of Object.entries(images)) await writeFile(join(folder, name), bytes);
});
after(() => rm(folder, { recursive: true, force: true }));

async function lab(...args: readonly string[]) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const streams = { stdout: out, stderr: err } as unknown as Pick<
    ReturnType<typeof openCli>,
    'stdout' | 'stderr'
  >;
  const cli = { ...openCli(['image', ...args], { NO_COLOR: '1' }), folder, ...streams };
  const status = await main(['image', ...args], cli);
  const text = (stream: PassThrough) => String((stream.read() as Buffer | null) ?? '');
  return { status, stdout: text(out), stderr: text(err) };
}

describe('lab image', () => {
  it('shows a whole image and leaves with 0', async () => {
    const { status, stdout } = await lab('whole');
    assert.match(stdout, /^ {6}\d{3} +\d+ {2}TASK 5 {2}spinner$/m);
    assert.match(stdout, /^complete: 49 objects, \d+ bytes$/m);
    assert.doesNotMatch(stdout, /PGARR/);
    assert.equal(status, 0);
    assert.match((await lab('whole', '--all')).stdout, /PGARR {2}1 page$/m);
  });

  const broken: readonly (readonly [string, RegExp])[] = [
    [
      'cut',
      /^broken at byte 387 \(0x183\), after the TASK at byte 355: STRING has length 24, only 13/m,
    ],
    [
      'unknown',
      /^broken at byte \d+ \(0x[0-9a-f]+\), after the CPU_FPU at byte \d+: unknown type 77\n {2}there: 4d 00 00 00 08/m,
    ],
    ['refused', /^ends in an error record: task 5 \(init\) is not frozen$/m],
    ['empty', /^broken at byte 0 \(0x0\): the image is empty$/m],
  ];
  for (const [name, words] of broken)
    it(`says where ${name} ends, and leaves with 1`, async () => {
      const { status, stdout } = await lab(name);
      assert.match(stdout, words);
      assert.equal(status, 1);
    });

  it('compares two, by the names of fields', async () => {
    const same = await lab('whole', 'whole');
    assert.deepEqual([same.status, same.stdout], [0, 'The images say the same.\n']);
    const other = await lab('whole', 'other');
    assert.deepEqual([other.status, other.stdout], [1, 'differs HEADER: uflags 0x1, then 0x3\n']);
    assert.match((await lab('whole', 'cut')).stdout, /^cut:\nbroken at byte/);
    assert.equal((await lab('cut', 'cut')).status, 1);
  });

  it('prints JSON', async () => {
    const image = JSON.parse((await lab('whole', '--json')).stdout) as { tree: { name: string }[] };
    assert.deepEqual(
      image.tree.map(({ name }) => name),
      ['HEADER', 'TREE', 'TASK', 'TAIL'],
    );
    const { differences } = JSON.parse((await lab('whole', 'other', '--json')).stdout) as {
      differences: unknown[];
    };
    assert.equal(differences.length, 1);
  });

  it('leaves with 2 where there is no such file', async () => {
    for (const name of ['absent', '.']) {
      const { status, stderr } = await lab(name);
      assert.equal(status, 2);
      assert.match(stderr, /reading a checkpoint image/);
    }
  });
});
