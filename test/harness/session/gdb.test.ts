import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gdbCommand, gdbFactor } from '../../../harness/session/gdb.ts';

describe('gdbCommand', () => {
  it('loads the symbols, attaches and stops at a panic', () => {
    const command = gdbCommand({ vmlinux: '/images/1/vmlinux' }, '/tmp/lab/gdb', ['/s', '/t']);
    assert.deepEqual(command.slice(0, 3), ['gdb', '-q', '/images/1/vmlinux']);
    assert.ok(command.includes('target remote /tmp/lab/gdb'));
    assert.ok(command.includes('hbreak panic'));
    const [sources, target] = ['directory /s /t', 'target remote /tmp/lab/gdb'];
    assert.ok(command.indexOf(sources) < command.indexOf(target));
  });
});

describe('gdbFactor', () => {
  it('keeps the longest deadline of a case within a timer', () => {
    assert.ok(200 * 1000 * gdbFactor < 2 ** 31);
  });
});
