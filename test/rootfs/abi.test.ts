import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { it } from 'node:test';
import project from '../../lab.config.ts';

const header = resolve(import.meta.dirname, '../../rootfs/src/cr-abi.h');

it('calls the numbers that the project says are its own', () => {
  const rows = readFileSync(header, 'utf8').matchAll(
    /^\t\{ "([\d.]+)", (\d+), (\d+), -?\d+ \},$/gm,
  );
  const known = Array.from(rows, ([, release = '', checkpoint, restart]) => ({
    name: `v${release}`,
    checkpoint: Number(checkpoint),
    restart: Number(restart),
  }));
  const { checkpoint = {}, restart = {} } = project.calls ?? {};
  assert.deepEqual(
    known,
    Object.keys(checkpoint).map((name) => ({
      ...{ name, checkpoint: checkpoint[name], restart: restart[name] },
    })),
  );
});
