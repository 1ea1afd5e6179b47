import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { it } from 'node:test';
import project from '../../lab.config.ts';

const header = resolve(import.meta.dirname, '../../rootfs/src/cr-abi.h');

/** Returns the rows of one processor; `suffix` is what its bases are called. */
function rowsOf(text: string, suffix: string) {
  const rows = text.matchAll(/^\t\{ "([\d.]+)", (\d+), (\d+), -?\d+ \},$/gm);
  return Array.from(rows, ([, release = '', checkpoint, restart]) => ({
    name: `v${release}${suffix}`,
    checkpoint: Number(checkpoint),
    restart: Number(restart),
  }));
}

it('calls the numbers that the project says are its own', () => {
  const [before = '', others = ''] = readFileSync(header, 'utf8').split('#else');
  const i386 = before.split('#ifdef __i386__')[1] ?? '';
  const known = [...rowsOf(others, ''), ...rowsOf(i386, '-i386')];
  const { checkpoint = {}, restart = {} } = project.calls ?? {};
  assert.deepEqual(
    known,
    Object.keys(checkpoint).map((name) => ({
      ...{ name, checkpoint: checkpoint[name], restart: restart[name] },
    })),
  );
});
