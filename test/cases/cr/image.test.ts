import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseImage } from '../../../cases/cr/image.ts';
import {
  errorRecord,
  header,
  memory,
  object,
  padded,
  pipes,
  signals,
  surroundings,
  tail,
  task,
  tree,
  u32,
  u64,
  wholeImage,
} from './image-bytes.ts';

describe('parseImage', () => {
  it('reads a whole image to its tail', () => {
    const image = parseImage(wholeImage());
    assert.equal(image.broken, undefined);
    assert.equal(image.complete, true);
    assert.equal(image.error, undefined);
    const names = image.objects.map(({ name }) => name);
    assert.deepEqual(names.slice(0, 5), ['HEADER', 'BUFFER', 'BUFFER', 'BUFFER', 'HEADER_ARCH']);
    assert.equal(names.at(-1), 'TAIL');
    assert.equal(names.length, 49);
  });

  it('decodes fields, with their signs and sizes', () => {
    const { objects } = parseImage(wholeImage());
    const fieldsOf = (name: string) => objects.find((each) => each.name === name)?.fields;
    assert.equal(fieldsOf('HEADER')?.['uflags'], 1n);
    assert.equal(fieldsOf('HEADER')?.['minor'], 6);
    assert.equal(objects[1]?.fields['text'], '2.6.30');
    assert.equal(fieldsOf('STRING')?.['text'], 'spinner');
    assert.equal(fieldsOf('CPU')?.['r15'], 0n);
    assert.equal(fieldsOf('CPU')?.['debugreg7'], 32n);
    assert.equal(fieldsOf('CPU')?.['used_math'], 1);
    assert.equal(objects.find(({ fields }) => 'vpid' in fields)?.fields['vpid'], '5 6');
    assert.equal(fieldsOf('FILE_NAME')?.['text'], '/tmp/file');
    assert.equal(fieldsOf('OBJREF')?.['objref'], 1);
    assert.equal(fieldsOf('TASK_SIGNALS')?.['nice'], -5);
    assert.equal(fieldsOf('PROCESS_SIGNALS')?.['rlimit_15_max'], 44n);
    assert.equal(objects.find(({ fields }) => 'signo' in fields)?.fields['pid'], '77');
    const actions = objects.find(({ fields }) => 'handled' in fields)?.fields;
    assert.deepEqual([actions?.['handled'], actions?.['ignored']], ['1', '2']);
    assert.equal(fieldsOf('PIPE')?.['nr_bytes'], 3);
    assert.equal(fieldsOf('PIPE_SIZE')?.['size'], 4096);
    assert.equal(fieldsOf('MM_FLAGS')?.['dump_filter'], 0x23);
  });

  it('reads what a task shares with others', () => {
    const bytes = Buffer.concat([header(), tree(5), task(), surroundings(), tail()]);
    const { complete, broken, objects } = parseImage(bytes);
    assert.deepEqual([complete, broken], [true, undefined]);
    const cred = objects.find(({ name }) => name === 'CRED')?.fields;
    assert.deepEqual([cred?.['fsgid'], cred?.['cap_bset']], [8, 3n]);
    const more = objects.find(({ name }) => name === 'CRED_MORE')?.fields;
    assert.deepEqual([more?.['cap_ambient'], more?.['no_new_privs']], [4n, 1]);
    assert.equal(objects.find(({ name }) => name === 'RSEQ')?.fields['sig'], 0x53053053);
    assert.equal(objects.find(({ name }) => name === 'SHMEM')?.fields['size'], 8192n);
  });

  it('finds an error record that stands alone', () => {
    const image = parseImage(errorRecord('task 5 (init) is not frozen'));
    assert.equal(image.error, 'task 5 (init) is not frozen');
    assert.equal(image.broken, undefined);
    assert.equal(image.complete, false);
  });

  it('takes an error record in place of whatever was due', () => {
    const whole = header();
    for (const end of [48, 48 + 73, whole.length]) {
      const image = parseImage(Buffer.concat([whole.subarray(0, end), errorRecord('no')]));
      assert.equal(image.error, 'no');
      assert.equal(image.broken, undefined, `error record at ${end}`);
    }
  });

  it('finds the error record after an object that was cut short', () => {
    const cut = tree(5).subarray(0, 12);
    const image = parseImage(Buffer.concat([header(), cut, errorRecord('no space')]));
    assert.equal(image.error, 'no space');
    assert.equal(image.broken?.offset, header().length);
  });

  it('says where and why any truncation breaks it', () => {
    const whole = wholeImage();
    const starts = new Set(parseImage(whole).objects.map(({ offset }) => offset));
    for (let length = 0; length < whole.length; length += 1) {
      const image = parseImage(whole.subarray(0, length));
      assert.equal(image.complete, false, `complete at ${length}`);
      assert.ok(image.broken, `nothing broken at ${length}`);
      assert.equal(image.error, undefined);
      // The break is at the object that is incomplete, or at the end where one is missing.
      const { offset } = image.broken;
      assert.ok(
        offset === length || (starts.has(offset) && offset < length),
        `${length}: ${offset}`,
      );
      assert.equal(image.objects.at(-1)?.name, lastNameBefore(whole, offset));
    }
  });

  it('never throws, and always advances, on arbitrary bytes', () => {
    for (let seed = 0; seed < 3000; seed += 1) {
      const image = parseImage(noise(seed, seed % 300));
      assert.equal(image.complete, false);
    }
  });

  it('never throws on a whole image with any byte changed', () => {
    const whole = wholeImage();
    for (let offset = 0; offset < whole.length; offset += 1) {
      const bytes = Buffer.from(whole);
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << (offset % 8)) ^ 0x80;
      const { objects, broken } = parseImage(bytes);
      const covered = objects.reduce((sum, { length }) => sum + length, 0);
      assert.ok(broken === undefined ? covered === whole.length : covered === broken.offset);
    }
  });

  const wrong: readonly (readonly [string, Uint8Array, number, RegExp])[] = [
    ['no bytes', Buffer.alloc(0), 0, /empty/],
    ['another magic', header(1n), 0, /wrong magic/],
    ['no header', Buffer.concat([tail()]), 0, /TAIL where HEADER is due/],
    ['two headers', Buffer.concat([header(), header()]), 283, /second HEADER/],
    ['no tail', header(), 283, /ends where a tail is due/],
    [
      'bytes after the tail',
      Buffer.concat([wholeImage(), Buffer.alloc(3)]),
      wholeImage().length,
      /3 bytes after the tail/,
    ],
    [
      'bytes after the error record',
      Buffer.concat([errorRecord('x'), tail()]),
      19,
      /16 bytes after the error record/,
    ],
    ['an unknown type', Buffer.concat([header(), object(77, [])]), 283, /unknown type 77/],
    [
      'a length below 8',
      Buffer.concat([header(), object(401, [], 4)]),
      283,
      /MM has length 4, 104/,
    ],
    [
      'a length near 4 GB',
      Buffer.concat([errorRecord('').subarray(0, 8), object(4, [], 0xfffffff8)]),
      8,
      /only 8 bytes are left/,
    ],
    [
      'a string without NUL',
      Buffer.concat([header(), task().subarray(0, 32), object(4, [Buffer.alloc(16, 65)])]),
      315,
      /STRING does not end in NUL/,
    ],
    [
      'a stray string',
      Buffer.concat([header(), object(4, [padded('x', 2)])]),
      283,
      /STRING that nothing announces/,
    ],
    [
      'another object than the announced one',
      Buffer.concat([header().subarray(0, 48), task()]),
      48,
      /TASK where BUFFER is due/,
    ],
    ['no tasks', Buffer.concat([header(), tree()]), 283, /TREE has no tasks/],
    [
      'fewer tasks than said',
      Buffer.concat([header(), tree(1, 2).subarray(0, 16), object(3, [Buffer.alloc(24)])]),
      299,
      /BUFFER has length 32, 56 is right/,
    ],
    [
      'pages missing',
      Buffer.concat([header(), memory().subarray(0, 192), object(3, [Buffer.alloc(8)])]),
      475,
      /BUFFER has length 16, 4112 is right/,
    ],
    [
      'no auxiliary vector',
      Buffer.concat([header(), memory().subarray(0, -312), tail()]),
      header().length + memory().length - 312,
      /TAIL where BUFFER is due/,
    ],
    [
      'a pipe whose contents are cut short',
      Buffer.concat([
        header(),
        pipes().subarray(0, 40 + 16 + 16 + 16 + 18),
        object(3, [Buffer.alloc(2)]),
      ]),
      header().length + 106,
      /BUFFER has length 10, 11 is right/,
    ],
    [
      'an end of a pipe without the pipe',
      Buffer.concat([header(), pipes().subarray(0, 40), tail()]),
      header().length + 40,
      /TAIL where FILE_PIPE is due/,
    ],
    [
      'a process whose signals are not there',
      Buffer.concat([header(), signals().subarray(0, 88 + 56), tail()]),
      header().length + 144,
      /TAIL where PROCESS_SIGNALS is due/,
    ],
    [
      'a task whose processors are not there',
      Buffer.concat([header(), object(117, [...u64(1n, 1n), ...u32(0, 0, 8, 0)]), tail()]),
      header().length + 40,
      /TAIL where BUFFER is due/,
    ],
    ['a NUL within the error text', errorRecord('a\0b'), 8, /NUL within/],
  ];
  for (const [name, bytes, offset, why] of wrong) {
    it(`refuses ${name}`, () => {
      const { broken, complete } = parseImage(bytes);
      assert.equal(complete, false);
      assert.equal(broken?.offset, offset);
      assert.match(broken.why, why);
    });
  }

  it('takes no text for an error record that is only like one', () => {
    const buffers = Buffer.concat([object(3, []), object(4, [Buffer.from('\0no\0')])]);
    for (const bytes of [
      buffers,
      errorRecord('x'.repeat(255)),
      tail(),
      Buffer.alloc(40),
      Buffer.from('\0a\0'),
    ])
      assert.equal(parseImage(bytes).error, undefined);
    assert.equal(parseImage(errorRecord('x'.repeat(254))).error, 'x'.repeat(254));
    assert.equal(parseImage(errorRecord('')).error, '');
  });
});

function lastNameBefore(whole: Uint8Array, end: number): string | undefined {
  return parseImage(whole).objects.findLast(({ offset, length }) => offset + length <= end)?.name;
}

/** Returns bytes that look like chance and are the same each time; small numbers are frequent. */
function noise(seed: number, length: number): Uint8Array {
  const chunks: Buffer[] = [];
  for (let n = 0; n * 32 < length; n += 1)
    chunks.push(createHash('sha256').update(`${seed} ${n}`).digest());
  const bytes = Buffer.concat(chunks).subarray(0, length);
  return bytes.map((byte, index) => (index % 4 === 0 ? byte % 12 : byte % 7 === 0 ? byte : 0));
}
