import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { needsFeature } from './support/processor.ts';
import { restartFrom, savedSelf, untouched, wordsOf } from './support/self.ts';

const test = suite('restart from registers that give more than a user has').needs({
  patch: patches.subtree,
});

/** Bytes from the start of CPU, docs/image-format.md. */
const cpu = {
  ip: 136,
  cs: 144,
  flags: 152,
  sp: 160,
  ss: 168,
  ds: 176,
  es: 184,
  fs: 192,
  gs: 200,
  fsbase: 208,
  gsbase: 216,
  debugreg0: 224,
  debugreg3: 248,
  debugreg7: 264,
  usesDebug: 272,
} as const;

const kernel = 0xffff_8800_0000_0000n;
const nonCanonical = 0x8000_0000_0000n;
const topOfUserSpace = 0x7fff_ffff_f000n;

const hostile = [
  ["the kernel's code segment", cpu.cs, 0x10n],
  ['a code segment of ring 1', cpu.cs, 0x31n],
  ['a data segment as code segment', cpu.cs, 0x2bn],
  ['no code segment', cpu.cs, 0n],
  ["bits above the code segment's 16", cpu.cs, 0x10033n],
  ["the kernel's stack segment", cpu.ss, 0x18n],
  ['no stack segment', cpu.ss, 0n],
  ["the kernel's data segment in ds", cpu.ds, 0x18n],
  ["the kernel's data segment in es", cpu.es, 0x18n],
  ["the kernel's data segment in fs", cpu.fs, 0x18n],
  ["the kernel's data segment in gs", cpu.gs, 0x18n],
  ['the task state segment in ds', cpu.ds, 0x43n],
  ['a kernel address in ip', cpu.ip, kernel],
  ['an address that is not canonical in ip', cpu.ip, nonCanonical],
  ['the first address after user space in ip', cpu.ip, topOfUserSpace],
  ['a kernel address in sp', cpu.sp, kernel],
  ['an address that is not canonical in sp', cpu.sp, nonCanonical],
  ['a kernel address in fsbase', cpu.fsbase, kernel],
  ['an address that is not canonical in fsbase', cpu.fsbase, nonCanonical],
  ['a kernel address in gsbase', cpu.gsbase, kernel],
  ['an address that is not canonical in gsbase', cpu.gsbase, nonCanonical],
  ['the highest address in gsbase', cpu.gsbase, 0xffff_ffff_ffff_ffffn],
  ['i/o privilege level 3', cpu.flags, 0x3202n],
  ['i/o privilege level 1', cpu.flags, 0x1202n],
  ['interrupts off', cpu.flags, 0x2n],
  ['virtual-8086 mode', cpu.flags, 0x20202n],
  ['virtual interrupts', cpu.flags, 0x180202n],
  ['flags above the 32 bits', cpu.flags, 0x1_0000_0202n],
] as const;

for (const [what, at, value] of hostile)
  test(`${what}: EINVAL, and the task is as it was`, async ({ guest }) => {
    const saved = await savedSelf(guest);
    const bytes = withNumber(saved.bytes, placeOf(saved.bytes, types.cpu) + at, 8, value);
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  });

/** DR7 that enables breakpoint n: one byte, on writing. */
const watching = (n: bigint) => (1n << (2n * n)) | (1n << (16n + 4n * n));

for (const [what, register, n, address] of [
  ['the first breakpoint on a kernel address', cpu.debugreg0, 0n, kernel],
  ['the last breakpoint on a kernel address', cpu.debugreg3, 3n, kernel],
  ['a breakpoint just after user space', cpu.debugreg0, 0n, topOfUserSpace],
  ['a breakpoint on the highest address', cpu.debugreg0, 0n, 0xffff_ffff_ffff_ffffn],
] as const)
  test(`${what}: EINVAL, and the task is as it was`, async ({ guest }) => {
    const saved = await savedSelf(guest);
    const at = placeOf(saved.bytes, types.cpu);
    let bytes = withNumber(saved.bytes, at + register, 8, address);
    bytes = withNumber(bytes, at + cpu.debugreg7, 8, watching(n));
    bytes = withNumber(bytes, at + cpu.usesDebug, 4, 1n);
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  });

test('breakpoints that trap every general access: EINVAL', async ({ guest }) => {
  const saved = await savedSelf(guest);
  const at = placeOf(saved.bytes, types.cpu);
  const generalDetect = 1n << 13n;
  let bytes = withNumber(saved.bytes, at + cpu.debugreg7, 8, generalDetect);
  bytes = withNumber(bytes, at + cpu.usesDebug, 4, 1n);
  assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
  await untouched(saved);
});

/** Descriptors as the processor reads them: access byte at bit 40, flags at bit 52. */
const descriptors = [
  ['a call gate into the kernel', 0xffff_ec00_0010_0000n],
  ['a task state segment', 0x0000_8900_0000_ffffn],
  ['a local descriptor table', 0x0000_8200_0000_ffffn],
  ["a code segment of the kernel's ring", 0x00af_9b00_0000_ffffn],
  ["a data segment of the kernel's ring", 0x00cf_9300_0000_ffffn],
  ['a 64-bit code segment', 0x00af_fb00_0000_ffffn],
] as const;

for (const [what, descriptor] of descriptors)
  test(`${what} in a TLS slot: EINVAL, and the task is as it was`, async ({ guest }) => {
    const saved = await savedSelf(guest);
    const bytes = withTls(saved.bytes, descriptor);
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  });

// What arch_prctl and set_thread_area make: a data segment of the user's. Newer kernels set
// its accessed bit themselves, older ones leave that to the processor.
for (const [base, descriptor] of [
  ['v2.6.30', 0x00cf_f200_0000_ffffn],
  ['v6.1', 0x00cf_f300_0000_ffffn],
] as const)
  test.needs({ base })(`a TLS slot as ${base} makes them: it restarts`, async ({ guest }) => {
    const saved = await savedSelf(guest);
    const answer = await restartFrom(guest, saved, withTls(saved.bytes, descriptor));
    assert.is(answer['ret'], '0');
  });

test('reserved bits in MXCSR: EINVAL, and the task is as it was', async ({ guest }) => {
  const saved = await savedSelf(guest);
  // Byte 24 of what FXSAVE writes; the processor faults on loading bits it doesn't know.
  const mxcsr = placeOf(saved.bytes, types.fpu) + 8 + 24;
  const bytes = withNumber(saved.bytes, mxcsr, 4, 0xffff_ffffn);
  assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
  await untouched(saved);
});

test.needs({ base: 'v6.1' })(
  'no right to any memory, by protection keys: it dies of that, and harms nobody',
  async ({ guest }) => {
    await needsFeature(guest, 'ospke');
    const saved = await savedSelf(guest);
    const at = Number(wordsOf(await saved.self.ask('rights'))['at']);
    const xsave = placeOf(saved.bytes, types.fpu) + 8;
    const inUse = xsave + 512;
    const rights = 1n << 9n;
    assert.ok((saved.bytes.readBigUInt64LE(inUse) & rights) > 0n, 'the image has them');
    // Even key 0, which all memory is under.
    const none = withNumber(saved.bytes, xsave + at, 4, 0xffff_ffffn);
    await guest.write(`${saved.path}.none`, none);
    const answer = await saved.self.ask(`restart ${saved.path}.none`).catch(() => undefined);
    assert.is(answer, undefined, 'it has nothing to say any more');
    assert.is((await saved.self.ended()).signal, 'SIGSEGV');
    // Its parent, and who comes after it, have theirs.
    const next = await savedSelf(guest);
    assert.is((await restartFrom(guest, next, next.bytes))['ret'], '0');
  },
);

test('with all of that as it was: it restarts', async ({ guest }) => {
  const saved = await savedSelf(guest);
  assert.is((await restartFrom(guest, saved, saved.bytes))['ret'], '0');
});

/** Returns a copy whose task has that descriptor in the last of its three TLS slots. */
function withTls(bytes: Buffer, descriptor: bigint): Buffer {
  const thread = placeOf(bytes, types.thread);
  const cpuPlace = placeOf(bytes, types.cpu);
  const inUse = bytes.readUInt16LE(thread + 12);
  const slots = Buffer.alloc(8 + 24);
  slots.writeUInt32LE(types.tls, 0);
  slots.writeUInt32LE(slots.length, 4);
  if (inUse > 0) bytes.copy(slots, 0, placeOf(bytes, types.tls), cpuPlace);
  assert.is(slots.readBigUInt64LE(24), 0n, 'the last slot is free');
  slots.writeBigUInt64LE(descriptor, 24);
  const before = withNumber(bytes, thread + 12, 2, BigInt(inUse + 1)).subarray(0, thread + 16);
  return Buffer.concat([before, slots, bytes.subarray(cpuPlace)]);
}

test.run();
