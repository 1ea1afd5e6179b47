import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareImages, type GrownImage } from '../../../cases/cr/image-compare.ts';
import { growTree } from '../../../cases/cr/image-tree.ts';
import { parseImage } from '../../../cases/cr/image.ts';
import {
  files,
  header,
  memory,
  object,
  signals,
  tail,
  task,
  tree,
  wholeImage,
} from './image-bytes.ts';

function grown(...parts: readonly Uint8Array[]): GrownImage {
  const bytes = Buffer.concat(parts);
  return { bytes, nodes: growTree(parseImage(bytes).objects) };
}

/** The whole image with a byte of an object changed. */
function changed(name: string, at: number, turn = 0): GrownImage {
  const bytes = Buffer.from(wholeImage());
  const found = parseImage(bytes).objects.filter((each) => each.name === name)[turn];
  assert.ok(found);
  bytes[found.offset + at] = (bytes[found.offset + at] ?? 0) ^ 1;
  return grown(bytes);
}

describe('compareImages', () => {
  const whole = grown(wholeImage());

  it('finds nothing between an image and itself', () => {
    assert.deepEqual(compareImages(whole, grown(wholeImage())), []);
  });

  const table: readonly (readonly [string, GrownImage, object])[] = [
    [
      'a register',
      changed('CPU', 136),
      { where: 'TASK 5 > CPU', field: 'ip', before: '0x10', after: '0x11' },
    ],
    [
      "a mapping's flags",
      changed('VMA', 40),
      {
        where: 'TASK 5 > MM > VMA 1000-2000',
        field: 'vm_flags',
        before: '0x73',
        after: '0x72',
      },
    ],
    [
      'the contents of a page',
      changed('BUFFER', 8 + 8 + 100, 5),
      {
        where: 'TASK 5 > MM > VMA 1000-2000',
        field: 'page contents',
        before: '1 page (0x1000)',
        after: 'other bytes',
      },
    ],
    [
      'bytes that have no fields',
      changed('CPU_FPU', 8 + 20),
      {
        where: 'TASK 5 > CPU > CPU_FPU',
        field: 'payload, byte 20',
        before: '0x03',
        after: '0x02',
      },
    ],
    [
      'the number of a shared object',
      changed('OBJREF', 12, 1),
      { where: 'TASK 5 > FILE_TABLE #1 > FILE #2', field: 'number', before: '2', after: '3' },
    ],
  ];
  for (const [name, other, difference] of table)
    it(`names ${name}`, () => {
      assert.deepEqual(compareImages(whole, other), [difference]);
    });

  it('tells what is in one of them only, and goes on after it', () => {
    const [small, large] = [
      grown(header(), tree(5), task(), memory(), tail()),
      grown(header(), tree(5), task(), files(), memory(), signals(), tail()),
    ];
    const words = compareImages(small, large).map(({ where, after }) => [where, after]);
    assert.deepEqual(words, [
      ['TASK 5 > FILE_TABLE #1', 'there'],
      ['TASK 5 > TASK_OBJS', 'there'],
      ['TASK 5 > TASK_SIGNALS', 'there'],
      ['TASK 5 > PROCESS_SIGNALS', 'there'],
      ['TASK 5 > RESTART_BLOCK', 'there'],
    ]);
    assert.ok(compareImages(large, small).every(({ after }) => after === undefined));
  });

  it('tells pages that one of them has not saved', () => {
    const bare = Buffer.concat([memory().subarray(0, 176), object(403, [Buffer.alloc(8)])]);
    const differences = compareImages(
      grown(header(), tree(5), task(), memory(), tail()),
      grown(header(), tree(5), task(), bare, memory().subarray(-360), tail()),
    );
    assert.deepEqual(differences, [
      {
        where: 'TASK 5 > MM > VMA 1000-2000',
        field: 'pages',
        before: '1 page (0x1000)',
        after: '0 pages',
      },
    ]);
  });
});
