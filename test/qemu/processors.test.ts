import assert from 'node:assert/strict';
import { it } from 'node:test';
import { areDead, readProcessors } from '../../qemu/processors.ts';

const x86 = (flags: string, level: number, halted: number): string =>
  `RIP=ffffffff8100a1b2 RFL=${flags} [---Z-P-] CPL=${level} II=0 A20=1 SMM=0 HLT=${halted}`;

it('reads what a processor of x86 is at, in either mode', () => {
  const lines = [x86('00000246', 0, 1), x86('00000046', 0, 1), x86('00000246', 3, 0)];
  assert.deepEqual(readProcessors(lines), [
    { inKernel: true, halted: true, interruptible: true },
    { inKernel: true, halted: true, interruptible: false },
    { inKernel: false, halted: false, interruptible: true },
  ]);
  const narrow = readProcessors([
    'EIP=c0101234 EFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1',
  ]);
  assert.ok(areDead(narrow));
});

it('takes a processor of arm64 for one that waits: QEMU does not say, and it must prove nothing', () => {
  const found = readProcessors([
    ' PC=ffff800008010000 X00=0000000000000000 X01=ffff0000c0000000',
    'PSTATE=600000c5 -ZC- EL1h    FPU disabled',
    'PSTATE=20000000 --C- EL0t',
  ]);
  assert.deepEqual(
    found.map(({ inKernel }) => inKernel),
    [true, false],
  );
  assert.ok(found.every(({ halted, interruptible }) => halted && interruptible));
});
