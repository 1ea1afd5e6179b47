import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { readTasks } from '../../qemu/task-list.ts';

const heads = { '2.6.30': /^\[ *[\d.]+\] .{13} [RSDTZ] .* \d+ +\d+ +\d+\s*$/, '6.1': / task:/ };

for (const [version, head] of Object.entries(heads))
  it(`reads every task that ${version} lists, whatever it does`, () => {
    const golden = join(import.meta.dirname, 'golden', version, 'sysrq.txt');
    const lines = readFileSync(golden, 'utf8').split('\n');
    const tasks = readTasks(lines);
    assert.equal(tasks.length, lines.filter((line) => head.test(line)).length);
    assert.ok(
      tasks.some(({ state }) => state === 'R'),
      'one runs',
    );
    assert.ok(tasks.every(({ pid }) => pid > 0));
  });
