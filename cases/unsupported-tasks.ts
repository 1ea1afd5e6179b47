import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, nameOf } from './support/tasks.ts';

const test = suite('checkpoint of what cannot be saved yet').needs({ patch: patches.subtree });

test('access to i/o ports: ENOSYS, and the record says so', async ({ guest }) => {
  const target = await frozenSubject(guest, 'ports');
  const result = await guest.checkpoint(target.pid);
  assert.is(result.errno, 'ENOSYS');
  const { error } = await result.image();
  assert.is(error, `task ${await nameOf(guest, target.pid)} has access to i/o ports`);
});

/** Where it begins in memory, and its two headers. */
const start = 0x0804_8000;
const headers = 52 + 32;

/** A program of 32 bits that says `ready` and sleeps: write(1, …); for (;;) pause(); */
function programOf32Bits(): Buffer {
  const text = Buffer.from('ready\n');
  const code = Buffer.from('b804000000bb01000000b900000000ba06000000cd80b81d000000cd80ebf7', 'hex');
  code.writeUInt32LE(start + headers + code.length, 11);
  const length = headers + code.length + text.length;
  const elf = Buffer.alloc(headers);
  Buffer.from('7f454c46010101', 'hex').copy(elf);
  // An executable of 386, where its entry and the one header of a segment are; and that one:
  // the whole file, to be read and run.
  const halves = { 16: 2, 18: 3, 40: 52, 42: 32, 44: 1 };
  const words = { 20: 1, 24: start + headers, 28: 52 };
  const segment = { 52: 1, 60: start, 64: start, 68: length, 72: length, 76: 5, 80: 4096 };
  for (const [at, value] of Object.entries(halves)) elf.writeUInt16LE(value, Number(at));
  for (const [at, value] of Object.entries({ ...words, ...segment }))
    elf.writeUInt32LE(value, Number(at));
  return Buffer.concat([elf, code, text]);
}

test.needs({ base: 'v2.6.30', architecture: 'x86_64' })(
  'a program of 32 bits on a kernel of 64: ENOSYS, and the record says so',
  async ({ guest }) => {
    const path = `${await guest.folder()}/narrow`;
    await guest.write(path, programOf32Bits());
    const line = `chmod 700 ${path}; exec ${path}`;
    const { pid } = await guest.program(['busybox', 'sh', '-c', line], { says: /^ready$/ });
    await guest.freeze(pid);
    const result = await guest.checkpoint(pid);
    assert.is(result.errno, 'ENOSYS');
    const { error } = await result.image();
    assert.is(error, `task ${await nameOf(guest, pid)} runs in 32-bit mode`);
    await guest.thaw(pid);
    assert.is((await guest.state(pid)).state, 'S', 'it sleeps on');
  },
);

test.run();
