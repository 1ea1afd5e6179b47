import { suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { cpu, refusesBreakpoint, refusesRegister } from './support/registers.ts';

const test = suite('restart from registers that i386 has not, or that give more than a user has')
  .needs({ architecture: 'i386' })
  .needs({ patch: patches.subtree });

const endOfUserSpace = 0xc000_0000n;
const kernel = 0xc100_0000n;
const above = 0x1_0000_0000n;

const hostile = [
  ["the kernel's code segment", cpu.cs, 0x60n],
  ['a code segment of ring 1', cpu.cs, 0x71n],
  ['a data segment as code segment', cpu.cs, 0x7bn],
  ['a TLS slot as code segment', cpu.cs, 0x33n],
  ["the BIOS's code segment", cpu.cs, 0x93n],
  ['no code segment', cpu.cs, 0n],
  ["bits above the code segment's 16", cpu.cs, 0x10073n],
  ["the kernel's stack segment", cpu.ss, 0x68n],
  ['no stack segment', cpu.ss, 0n],
  ["the kernel's data segment in ds", cpu.ds, 0x68n],
  ["the kernel's data segment in es", cpu.es, 0x68n],
  ["the segment of the processor's own variables in fs", cpu.fs, 0xd8n],
  ['the same of ring 3 in fs', cpu.fs, 0xdbn],
  ["the kernel's data segment in gs", cpu.gs, 0x68n],
  ['the task state segment in ds', cpu.ds, 0x83n],
  ['the first address after user space in ip', cpu.ip, endOfUserSpace],
  ['a kernel address in ip', cpu.ip, kernel],
  ['the first address after user space in sp', cpu.sp, endOfUserSpace],
  ['a kernel address in sp', cpu.sp, kernel],
  ['more than 32 bits in ip', cpu.ip, above + 0x0804_8000n],
  ['more than 32 bits in sp', cpu.sp, above + 0x0804_8000n],
  ['more than 32 bits in bx', cpu.bx, above],
  ['more than 32 bits in gs', cpu.gs, above],
  ['a number of a call that has more than 32 bits', cpu.origAx, above],
  ['a negative number of a call that is 32 bits wide', cpu.origAx, 0xffff_ffffn],
  ['a register r15', cpu.r15, 1n],
  ['a register r8', cpu.r8, 1n],
  ['a base of fs', cpu.fsbase, 0x1000n],
  ['a base of gs', cpu.gsbase, 0x1000n],
  ['i/o privilege level 3', cpu.flags, 0x3202n],
  ['i/o privilege level 1', cpu.flags, 0x1202n],
  ['interrupts off', cpu.flags, 0x2n],
  ['virtual-8086 mode', cpu.flags, 0x20202n],
  ['virtual interrupts', cpu.flags, 0x180202n],
  ['flags above the 32 bits', cpu.flags, above + 0x202n],
] as const;

for (const [what, at, value] of hostile)
  test(`${what}: EINVAL, and the task is as it was`, ({ guest }) =>
    refusesRegister(guest, at, value));

for (const [what, n, address] of [
  ['the first breakpoint on a kernel address', 0, kernel],
  ['the last breakpoint on a kernel address', 3, kernel],
  ['a breakpoint just after user space', 0, endOfUserSpace],
  ['a breakpoint on the highest address', 0, 0xffff_ffffn],
  ['a breakpoint above the 32 bits', 0, above],
] as const)
  test(`${what}: EINVAL, and the task is as it was`, ({ guest }) =>
    refusesBreakpoint(guest, n, address));

test.run();
