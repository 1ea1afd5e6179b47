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

// sched_show_task() of each, as its source has it.
const others = {
  'a 32-bit kernel of 2009': [
    'busybox       S c01234ab     0    41      1',
    'init          R running      0     1      0',
  ],
  '6.12': [
    'task:busybox         state:S stack:0     pid:41    tgid:41    ppid:1      flags:0x00000000',
    'task:init            state:R  running task     stack:0     pid:1     tgid:1     ppid:0      flags:0x00000008',
  ],
};

for (const [kernel, lines] of Object.entries(others))
  it(`reads the tasks that ${kernel} lists`, () => {
    const tasks = readTasks(lines.map((line) => `[    1.000000] ${line}`));
    assert.deepEqual(
      tasks.map(({ name, state, pid, parent }) => [name, state, pid, parent]),
      [
        ['busybox', 'S', 41, 1],
        ['init', 'R', 1, 0],
      ],
    );
  });
