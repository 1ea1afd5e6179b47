import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const leave = fileURLToPath(new URL('../../../harness/setup/leave.mjs', import.meta.url));

/** Writes a megabyte, more than any pipe holds, and leaves. */
const writer = `
  const { leave } = await import(${JSON.stringify(leave)});
  process.stdout.write('x'.repeat(1e6));
  process.stderr.write('y'.repeat(1e6));
  await leave(3);
`;

it('leaves when its readers have everything, however slow they are', async () => {
  const { stdout, stderr, exitCode } = await execa(
    'node',
    ['--input-type=module', '--eval', writer],
    { reject: false },
  );
  assert.deepEqual([stdout.length, stderr.length, exitCode], [1e6, 1e6, 3]);
});

it('leaves though its reader has gone', async () => {
  const { stdout } = await execa('bash', [
    '-c',
    'node --input-type=module --eval "$1" 2> /dev/null | head -c 3',
    'bash',
    `process.stdout.on('error', () => undefined);${writer}`,
  ]);
  assert.equal(stdout, 'xxx');
});
