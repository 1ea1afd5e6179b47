import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Qmp } from '../../qemu/contracts.ts';
import { loadState } from '../../qemu/snapshot.ts';

/** Loads a state into a QEMU of that version and returns where it was told to read it from. */
async function sourceIn(major: number, minor: number, status = 'completed'): Promise<unknown> {
  let uri: unknown;
  const qmp: Qmp = {
    execute: (command, args) => {
      if (command === 'migrate-incoming') uri = args?.['uri'];
      const version = { qemu: { major, minor, micro: 0 }, package: '' };
      return Promise.resolve(command === 'query-version' ? version : {});
    },
    event: () => Promise.resolve({ status }),
    human: () => Promise.resolve(''),
  };
  await loadState(qmp, '/guests/1/state', new AbortController().signal);
  return uri;
}

it('reads the file by its name where QEMU can, and by its descriptor before', async () => {
  assert.equal(await sourceIn(7, 2), 'fd:5');
  assert.equal(await sourceIn(8, 1), 'fd:5');
  assert.equal(await sourceIn(8, 2), 'file:/guests/1/state');
  assert.equal(await sourceIn(10, 0), 'file:/guests/1/state');
});

it('says so if QEMU could not', async () => {
  await assert.rejects(sourceIn(9, 1, 'failed'), { code: 'restore-failed' });
});
