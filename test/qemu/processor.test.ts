import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { dir } from 'tmp-promise';
import { readProcessor } from '../../qemu/processor.ts';

const cpuinfo = (microcode: string, megahertz: string) =>
  [
    'processor\t: 0',
    'vendor_id\t: AuthenticAMD',
    'model\t\t: 49',
    'model name\t: AMD EPYC 7B12',
    `microcode\t: ${microcode}`,
    `cpu MHz\t\t: ${megahertz}`,
    'flags\t\t: fpu vme de',
    '',
    'processor\t: 1',
    'flags\t\t: fpu',
    '',
  ].join('\n');

it('tells processors apart by what guests see, not by how fast one is just now', async (t) => {
  const { path: folder, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  t.after(() => cleanup());
  const path = join(folder, 'cpuinfo');
  const read = async (...facts: Parameters<typeof cpuinfo>) => {
    await writeFile(path, cpuinfo(...facts));
    return readProcessor(path);
  };
  const one = await read('0x1', '2250.000');
  assert.equal(one['vendor_id'], 'AuthenticAMD');
  assert.equal(one['flags'], 'fpu vme de');
  assert.deepEqual(await read('0x1', '3100.000'), one);
  assert.notDeepEqual(await read('0x2', '2250.000'), one);
});
