import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { growTree, type ImageNode } from '../../../cases/cr/image-tree.ts';
import { describeNode, nameNode } from '../../../cases/cr/image-words.ts';
import { parseImage } from '../../../cases/cr/image.ts';
import { object, wholeImage } from './image-bytes.ts';

const outline = (nodes: readonly ImageNode[]): unknown[] =>
  nodes.flatMap((node) => [
    nameNode(node),
    ...(node.children.length === 0 ? [] : [outline(node.children)]),
  ]);

function find(nodes: readonly ImageNode[], name: string): ImageNode | undefined {
  for (const node of nodes) {
    const found = nameNode(node) === name ? node : find(node.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('growTree', () => {
  const whole = parseImage(wholeImage());
  const nodes = growTree(whole.objects);

  it('puts what belongs to a task below it, with its pid and the numbers of shared objects', () => {
    assert.deepEqual(outline(nodes), [
      'HEADER',
      ['BUFFER', 'BUFFER', 'BUFFER', 'HEADER_ARCH'],
      'TREE',
      ['BUFFER'],
      'TASK 5',
      [
        'STRING',
        'THREAD',
        ['THREAD_TLS'],
        'CPU',
        ['CPU_FPU'],
        'FILE_TABLE #1',
        ['FILE_DESC 0', 'FILE #2', ['FILE_NAME']],
        'TASK_OBJS',
        'FILE',
        ['PIPE_SIZE', 'PIPE #3', ['FILE_NAME', 'BUFFER'], 'FILE_PIPE'],
        'FILE',
        ['FILE_PIPE'],
        'FILE',
        ['PIPE #3', 'FILE_PIPE'],
        'MM',
        [
          'MM_FLAGS',
          'VMA 1000-2000',
          ['PGARR', ['BUFFER'], 'PGARR'],
          'MM_CONTEXT',
          ['MM_CONTEXT_LDT', 'BUFFER'],
        ],
        'TASK_SIGNALS',
        ['BUFFER'],
        'PROCESS_SIGNALS',
        ['BUFFER', 'BUFFER'],
        'RESTART_BLOCK',
      ],
      'TAIL',
    ]);
  });

  it('accounts for every byte', () => {
    const bytes = nodes.reduce((sum, node) => sum + node.bytes, 0);
    assert.equal(bytes, whole.bytes);
  });

  it('shows a reference whose object never comes', () => {
    const [only] = growTree([
      ...parseImage(Buffer.concat([wholeImage().subarray(0, 283), object(5, [Buffer.alloc(8, 2)])]))
        .objects,
    ]).slice(1);
    assert.equal(only?.object.name, 'OBJREF');
  });

  it('says what each is in words', () => {
    const said = (name: string) => {
      const node = find(nodes, name);
      return node === undefined ? undefined : describeNode(node);
    };
    assert.match(said('HEADER') ?? '', /^2\.6\.30 #1 SMP x86_64, flags 0x1, at 2009-05-27T/);
    assert.equal(said('TREE'), '2 tasks');
    assert.equal(said('TASK 5'), 'spinner');
    assert.equal(said('FILE #2'), '/tmp/file at 0, read and write');
    assert.equal(said('PIPE #3'), 'FIFO /tmp/fifo, 3 bytes in it');
    assert.equal(said('VMA 1000-2000'), 'rw-p anonymous, 1 page saved');
    assert.equal(said('PROCESS_SIGNALS'), 'pending 0x0, handled: 1, ignored: 2');
    assert.equal(said('RESTART_BLOCK'), 'no call to go on with');
  });
});
