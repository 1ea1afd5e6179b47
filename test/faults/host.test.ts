import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isRunName } from '../../harness/report/folder.ts';
import { findCommand } from '../../harness/setup/probe.mjs';
import { readResults, runLab, startLab, type LabEnd } from './start-lab.ts';
import { noDevices, noNamespaces, withDevice, withNetwork } from './surroundings.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const files = [join(import.meta.dirname, 'fixtures/quiet.ts')];
const stack = /\n\s+at /;

describe('a host', { skip: noWorld }, () => {
  let world: World;
  before(() => void (world = makeWorld()));
  after(() => world.remove());

  /** Returns the path of a QEMU that says it is of another version. */
  function pretend(version: string): string {
    const path = join(world.folder, `qemu-${version}`);
    const real = findCommand('qemu-system-x86_64') ?? '';
    const words = `[ "$1" = --version ] && echo "QEMU emulator version ${version}" && exit`;
    writeFileSync(path, `#!/bin/sh\n${words}\nexec ${real} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const withQemu = (command: string) => runLab({ world, files }, { env: { LAB_QEMU: command } });

  it('without QEMU is told what to install', async () => {
    const { status, text } = await withQemu(join(world.folder, 'no-such-qemu'));
    assert.equal(status, 3, text);
    assert.match(text, /no-such-qemu is not installed[^]*apt-get install.*\[qemu-missing\]/);
    assert.doesNotMatch(text, stack);
  });

  it('with a QEMU that is too old is told so', async () => {
    const { status, text } = await withQemu(pretend('2.5.0'));
    assert.equal(status, 3, text);
    assert.match(text, /is version 2\.5\.0; the lab needs 6\.0 or later[^]*\[qemu-too-old\]/);
    assert.doesNotMatch(text, stack);
  });

  it('with another QEMU than before saves its guests anew', async () => {
    const states = () => readdirSync(world.home.guests).filter((name) => !name.startsWith('.'));
    assert.equal((await runLab({ world, files })).status, 0);
    const [first] = states();
    const { status, text } = await withQemu(pretend('9.8.7'));
    assert.equal(status, 0, text);
    assert.equal(states().length, 2);
    assert.ok(states().includes(first ?? ''));
  });

  it('whose ports are all taken has errors that say so', { skip: noNamespaces }, async () => {
    const range = 'echo "40000 40001" > /proc/sys/net/ipv4/ip_local_port_range';
    const order = { world, files, ports: [40_000, 40_001] };
    const { status, text } = await runLab(order, { wrapper: withNetwork(range) });
    assert.equal(status, 3, text);
    const [one, two] = readResults(world).cases;
    assert.deepEqual([one?.error?.code, two?.error?.code], Array(2).fill('qemu-start-failed'));
    assert.match(one?.reason ?? '', /host forwarding|hostfwd/);
    assert.doesNotMatch(text, stack);
  });

  it('that forbids /dev/kvm is told, and TCG used', { skip: noDevices }, async () => {
    const { status, text } = await runLab(
      { world, files, tryKvm: true },
      { wrapper: withDevice('/dev/kvm', join(world.folder, 'kvm')) },
    );
    assert.equal(status, 0, text);
    assert.match(text, /accelerator tcg: TCG: no permission to open \/dev\/kvm/);
  });
});

describe('two labs at once', { skip: noWorld }, () => {
  let world: World;
  let ends: readonly LabEnd[];
  before(async () => {
    world = makeWorld();
    const labs = [1, 2].map(() => startLab({ world, files }));
    ends = await Promise.all(labs.map(({ ended }) => ended));
  });
  after(() => world.remove());

  it('are both green', () => {
    for (const { status, text } of ends) assert.equal(status, 0, text);
    const runs = readdirSync(world.results).filter((name) => isRunName(name));
    assert.equal(runs.length, 2);
  });

  it('build everything once between them', () => {
    const made = ends
      .flatMap(({ events }) => events)
      .flatMap((event) => (event.type === 'stage-ended' && !event.cached ? [event.stage] : []));
    for (const stage of ['source', 'tree', 'config', 'build'])
      assert.equal(made.filter((name) => name === stage).length, 1, stage);
    const entries = (folder: string) => readdirSync(folder).filter((name) => !name.startsWith('.'));
    assert.deepEqual(
      [entries(world.home.images).length, entries(world.home.guests).length],
      [1, 1],
    );
    assert.ok(existsSync(join(world.home.facts, 'durations.json')));
  });
});
