import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { it } from 'node:test';
import { bases } from '../../kernel/bases.ts';

const header = resolve(import.meta.dirname, '../../rootfs/src/cr-abi.h');

it('calls the numbers that the bases say are theirs', () => {
  const rows = readFileSync(header, 'utf8').matchAll(
    /^\t\{ "([\d.]+)", (\d+), (\d+), -?\d+ \},$/gm,
  );
  const known = Array.from(rows, ([, release, checkpoint, restart]) => ({
    ...{ name: `v${release ?? ''}`, checkpoint: Number(checkpoint), restart: Number(restart) },
  }));
  assert.deepEqual(
    known,
    bases.map(({ name, syscalls }) => ({ name, ...syscalls })),
  );
});
