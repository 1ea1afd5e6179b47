import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { growTree, type ImageNode } from '../../../cases/cr/image-tree.ts';
import { nameNode } from '../../../cases/cr/image-words.ts';
import { parseImage } from '../../../cases/cr/image.ts';
import { header, object, s32, tail, task, tree, u32, u64 } from './image-bytes.ts';

const reference = (type: number, number: number) => object(5, [...u32(type), ...s32(number)]);
const permissions = [...s32(98304, 427), ...u32(1000, 1001, 0, 0, 0o604, 0)];

const namespace = Buffer.concat([
  reference(4, 1),
  reference(8, 2),
  object(501, [...u64(1, 2), ...u32(3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 1, 1, 1, 0)]),
  object(551, [...u32(32000), ...s32(3, -1, 0)]),
  object(502, [...permissions, ...u64(8192, 1, 2, 3), ...s32(5, 6), ...u32(0, 0)]),
  object(403, u64(0)),
  object(504, [...permissions, ...u64(1, 2, 3, 4), ...s32(5, 6), ...u32(2, 0)]),
  object(505, [...u64(9), ...u32(3, 0)]),
  object(3, [Buffer.from('abc')]),
  object(505, [...u64(1), ...u32(0, 0)]),
  object(506, [...permissions, ...u64(1, 2), ...u32(2, 0)]),
  object(3, s32(5, 7, 32767, 0)),
  object(113, [...u32(65), ...s32(2)]),
  object(3, [Buffer.alloc(65)]),
  object(3, [Buffer.alloc(65)]),
  object(103, s32(1, 0)),
  reference(10, 3),
  object(507, u32(1, 0)),
  object(508, [...s32(98304), ...u32(2)]),
  object(3, [Buffer.alloc(4)]),
  object(116, s32(3, 0)),
]);

const outline = (nodes: readonly ImageNode[]): unknown[] =>
  nodes.flatMap((node) => [
    nameNode(node),
    ...(node.children.length === 0 ? [] : [outline(node.children)]),
  ]);

const whole = (ipc: Buffer) => parseImage(Buffer.concat([header(), tree(5), task(), ipc, tail()]));

describe('System V IPC in an image', () => {
  it('is known, object by object', () => {
    const image = whole(namespace);
    assert.equal(image.broken, undefined);
    assert.ok(image.complete);
    const shm = image.objects.find(({ name }) => name === 'IPC_SHM');
    assert.deepEqual(
      ['id', 'key', 'uid', 'mode', 'shm_segsz'].map((name) => Number(shm?.fields[name])),
      [98304, 427, 1000, 0o604, 8192],
    );
    const more = image.objects.find(({ name }) => name === 'IPC_NS_MORE')?.fields;
    assert.deepEqual([more?.['msg_ctlmni'], more?.['last_msg']], [32000, -1]);
  });

  it('stands below its namespace', () => {
    const lines = outline(growTree(whole(namespace).objects)).flat(1);
    const below = lines[lines.indexOf('IPC_NS #2') + 1];
    assert.deepEqual(below, [
      ...[
        'IPC_NS_MORE',
        'IPC_SHM',
        ['PGARR'],
        'IPC_MSG',
        ['IPC_MESSAGE', ['BUFFER'], 'IPC_MESSAGE'],
      ],
      ...['IPC_SEM', ['BUFFER']],
    ]);
  });

  it('is broken where a message is shorter than it says', () => {
    const short = Buffer.from(namespace);
    short.write('\x02', short.indexOf('abc') - 16);
    assert.ok(!whole(short).complete);
  });
});
