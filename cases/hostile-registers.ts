import { assert, suite } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { needsFeature } from './support/processor.ts';
import { cpu, refusesBreakpoint, refusesRegister, withLdt, withTls } from './support/registers.ts';
import { restartFrom, savedSelf, untouched, wordsOf } from './support/self.ts';

const test = suite('restart from registers that give more than a user has').needs({
  patch: patches.subtree,
});

/** Numbers of x86_64; those of i386 are in hostile-registers-i386.ts. */
const onX8664 = test.needs({ architecture: 'x86_64' });
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
  onX8664(`${what}: EINVAL, and the task is as it was`, ({ guest }) =>
    refusesRegister(guest, at, value),
  );

for (const [what, n, address] of [
  ['the first breakpoint on a kernel address', 0, kernel],
  ['the last breakpoint on a kernel address', 3, kernel],
  ['a breakpoint just after user space', 0, topOfUserSpace],
  ['a breakpoint on the highest address', 0, 0xffff_ffff_ffff_ffffn],
] as const)
  onX8664(`${what}: EINVAL, and the task is as it was`, ({ guest }) =>
    refusesBreakpoint(guest, n, address),
  );

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

const tables = test.needs({ patch: patches.descriptorTables, base: 'v2.6.30' });

for (const [what, descriptor] of descriptors)
  tables(`${what} in an LDT: EINVAL, and the task is as it was`, async ({ guest }) => {
    const saved = await savedSelf(guest);
    const bytes = withLdt(saved.bytes, [descriptor]);
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  });

tables('more entries than an LDT has: EINVAL, and the task is as it was', async ({ guest }) => {
  const saved = await savedSelf(guest);
  const bytes = withLdt(saved.bytes, Array<bigint>(8193).fill(0n));
  assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
  await untouched(saved);
});

tables('an LDT of all kinds of segments that a user may have: it restarts', async ({ guest }) => {
  const saved = await savedSelf(guest);
  // Nothing, data, data that grows downwards, code, code of 16 bits that is not there.
  const mine = [0n, 0x00cf_f200_0000_ffffn, 0x00cf_f600_0000_ffffn, 0x00cf_fa00_0000_ffffn];
  const bytes = withLdt(saved.bytes, [...mine, 0x0000_7e00_0000_ffffn]);
  assert.is((await restartFrom(guest, saved, bytes))['ret'], '0');
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

test.run();
