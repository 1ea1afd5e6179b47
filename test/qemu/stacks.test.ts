import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../harness/core/finding.ts';
import { blameOf, decodeFinding, describeStack, surest } from '../../qemu/stacks.ts';

const warning: Finding = {
  kind: 'warn',
  line: 'WARNING: at a.c:3 f+0x1/0x9()',
  index: 7,
  fatal: true,
  lines: [
    'WARNING: at a.c:3 f+0x1/0x9()',
    ' [<ffffffff80344dc6>] ? f+0x1/0x9',
    ' [<ffffffff803fb7ec>] warn_slowpath_null+0xf/0x20',
    ' [<ffffffff80344dc6>] g+0x2/0x9',
    'RIP  [<ffffffff80344dc6>] f+0x1/0x9',
  ],
};

describe('a decoded stack', () => {
  it('is what the kernel itself said where there are no symbols', async () => {
    assert.equal(await decodeFinding(warning, undefined), warning);
    const { stack = [] } = await decodeFinding(warning, {});
    assert.deepEqual(
      stack.map((frame) => frame.function),
      ['f', 'f', 'warn_slowpath_null', 'g'],
    );
    assert.deepEqual(
      surest(stack).map((frame) => frame.function),
      ['f', 'warn_slowpath_null', 'g'],
    );
  });

  it('tells no stack of a complaint without one', async () => {
    const line = { ...warning, lines: ['WARNING: nothing'] };
    assert.equal(await decodeFinding(line, {}), line);
    assert.deepEqual(describeStack(line), []);
  });

  it('leads to the patch that wrote the innermost line of the series', () => {
    const base = { function: 'warn', file: 'kernel/panic.c', line: 3, reliable: true };
    const ours = { function: 'f', file: 'a.c', line: 9, patch: '0012 c/r: files', reliable: true };
    const doubted = { ...ours, patch: '0001 c/r: old', reliable: false };
    const outer = { ...ours, patch: '0002 c/r: caller' };
    assert.equal(
      blameOf([doubted, base, ours, outer]),
      'introduced by 0012 c/r: files: it wrote a.c:9, in f()',
    );
    assert.equal(blameOf([base]), undefined);
    assert.match(blameOf([doubted]) ?? '', /0001 c\/r: old/);
    assert.deepEqual(describeStack({ ...warning, stack: [base, doubted, ours] }).slice(1), [
      '  warn, inlined (kernel/panic.c:3)',
      '  f, inlined (a.c:9), by 0012 c/r: files',
      'introduced by 0012 c/r: files: it wrote a.c:9, in f()',
    ]);
  });
});
