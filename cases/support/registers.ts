import { Buffer } from 'node:buffer';
import { assert } from '../cr/case.ts';
import type { Guest } from '../cr/case.ts';
import { placeOf, types, withNumber } from './image.ts';
import { restartFrom, savedSelf, untouched } from './self.ts';

/** Bytes from the start of CPU, docs/image-format.md. */
export const cpu = {
  r15: 8,
  r8: 80,
  bx: 48,
  origAx: 128,
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
  debugreg6: 256,
  debugreg7: 264,
  usesDebug: 272,
} as const;

/** Has a task restart from an image in which one of its registers is another, and be refused. */
export async function refusesRegister(guest: Guest, at: number, value: bigint): Promise<void> {
  const saved = await savedSelf(guest);
  const bytes = withNumber(saved.bytes, placeOf(saved.bytes, types.cpu) + at, 8, value);
  assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
  await untouched(saved);
}

/** DR7 that enables breakpoint n: one byte, on writing. */
const watching = (n: bigint) => (1n << (2n * n)) | (1n << (16n + 4n * n));

/** The same with the n-th breakpoint on an address. */
export async function refusesBreakpoint(guest: Guest, n: number, address: bigint): Promise<void> {
  const saved = await savedSelf(guest);
  const at = placeOf(saved.bytes, types.cpu);
  let bytes = withNumber(saved.bytes, at + cpu.debugreg0 + 8 * n, 8, address);
  bytes = withNumber(bytes, at + cpu.debugreg7, 8, watching(BigInt(n)));
  bytes = withNumber(bytes, at + cpu.usesDebug, 4, 1n);
  assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
  await untouched(saved);
}

/** Returns a copy whose task has that descriptor in the last of its three TLS slots. */
export function withTls(bytes: Buffer, descriptor: bigint): Buffer {
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

/** Returns a copy whose first address space, which has no LDT, has one with these descriptors. */
export function withLdt(bytes: Buffer, descriptors: readonly bigint[]): Buffer {
  const context = placeOf(bytes, types.memoryContext);
  const counted = withNumber(bytes, context + 20, 4, BigInt(descriptors.length));
  const table = Buffer.alloc(8 + 8 * descriptors.length);
  table.writeUInt32LE(types.ldt, 0);
  table.writeUInt32LE(table.length, 4);
  for (const [index, descriptor] of descriptors.entries())
    table.writeBigUInt64LE(descriptor, 8 + 8 * index);
  return Buffer.concat([counted.subarray(0, context + 24), table, counted.subarray(context + 24)]);
}
