/**
 * Writes into a guest's kernel through QEMU's gdbserver: a kernel that really hangs is not to
 * be had from programs in the guest alone.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStub, stubError } from '../../qemu/gdb-stub.ts';
import { findCommand } from '../../harness/setup/probe.mjs';
import type { World } from './world.ts';

const socketVariable = 'LAB_TEST_DEBUGGER';
const mapVariable = 'LAB_TEST_SYSTEM_MAP';

/** Returns the environment of a lab whose guests can be written into, one guest at a time. */
export function withDebugger({ folder }: World): Readonly<Record<string, string>> {
  const socket = join(folder, 'gdb');
  // Under QEMU's own name: what was measured with that stays true.
  const programs = join(folder, 'with-debugger');
  mkdirSync(programs);
  const path = join(programs, 'qemu-system-x86_64');
  const real = findCommand('qemu-system-x86_64') ?? '';
  const server = `-chardev socket,id=gdb,path=${socket},server=on,wait=off -gdb chardev:gdb`;
  const starts = `case "$1" in -name) exec ${real} "$@" ${server} ;; esac`;
  writeFileSync(path, `#!/bin/sh\n${starts}\nexec ${real} "$@"\n`);
  chmodSync(path, 0o755);
  const map = join(folder, 'kernel/System.map');
  const { PATH = '' } = process.env;
  return { PATH: `${programs}:${PATH}`, [socketVariable]: socket, [mapVariable]: map };
}

/** Code of x86: bytes in hex, or a near call. */
type Code = string | { readonly call: string };

/** Puts code at the beginning of a function of the guest's kernel. For a lab's case files. */
export async function writeKernelCode(name: string, code: readonly Code[]): Promise<void> {
  const start = addressOf(name);
  let bytes = Buffer.alloc(0);
  for (const part of code) {
    const next =
      typeof part === 'string'
        ? Buffer.from(part, 'hex')
        : callTo(addressOf(part.call), start + BigInt(bytes.length));
    bytes = Buffer.concat([bytes, next]);
  }
  await writeMemory(start, bytes);
}

function callTo(target: bigint, from: bigint): Buffer {
  const call = Buffer.from('e800000000', 'hex');
  call.writeInt32LE(Number(target - from) - call.length, 1);
  return call;
}

function addressOf(name: string): bigint {
  const map = readFileSync(process.env[mapVariable] ?? '', 'utf8');
  const address = new RegExp(`^([0-9a-f]{16}) [tT] ${name}$`, 'm').exec(map)?.[1];
  if (address === undefined) throw new Error(`System.map has no ${name}`);
  return BigInt(`0x${address}`);
}

async function writeMemory(address: bigint, bytes: Buffer): Promise<void> {
  const stub = openStub(process.env[socketVariable] ?? '', 20_000);
  const write = `M${address.toString(16)},${bytes.length.toString(16)}:${bytes.toString('hex')}`;
  try {
    for (const packet of [write, 'D']) {
      const answer = await stub.ask(packet);
      if (answer !== 'OK') throw stubError(`${packet}: ${answer}`);
    }
  } finally {
    await stub.close();
  }
}
