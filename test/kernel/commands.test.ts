import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { it } from 'node:test';
import { renderPrefix } from '../../harness/cli/series-check.ts';
import { labError } from '../../harness/core/errors.ts';
import { plainStyle } from '../../harness/core/style.ts';
import { loadProject } from '../../harness/session/load-project.ts';
import { readFragments, askedBy } from '../../kernel/build/fragments.ts';
import { nameOfPatch, readSeries } from '../../kernel/series/series.ts';
import { withToy, writeToy } from './toy.ts';
import type { Toy } from './toy.ts';

const { bases } = await loadProject(resolve(import.meta.dirname, '../..'));
const bootstrap = resolve(import.meta.dirname, '../../harness/bootstrap.mjs');

function lab({ folder }: Toy, ...args: readonly string[]) {
  return spawnSync(process.execPath, [bootstrap, 'lab', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', LAB_HOME: join(folder, 'home'), npm_lifecycle_event: '' },
  });
}

for (const base of bases)
  it(`lists the series of ${base.name}, which needs no source`, () =>
    withToy(async (toy) => {
      const { status, stdout } = lab(toy, 'series', '--base', base.name);
      assert.equal(status, 0);
      const { patches } = await readSeries(base);
      assert.ok(patches.length > 0);
      for (const patch of patches) {
        const line = stdout.split('\n').find((text) => text.includes(nameOfPatch(patch)));
        assert.match(line ?? '', new RegExp(`${patch.files.length} files? .*\\+${patch.added} -`));
      }
    }));

for (const base of bases)
  it(`has fragments for ${base.name} that can be read`, async () => {
    const fragments = await readFragments(base);
    assert.deepEqual(
      fragments.map(({ name }) => name),
      ['boot', 'guest', 'debug', 'cr'],
    );
    const symbols = askedBy(fragments).map(({ symbol }) => symbol);
    for (const symbol of ['SERIAL_8250_CONSOLE', 'VIRTIO_NET', 'CHECKPOINT', 'PROVE_LOCKING'])
      assert.ok(symbols.includes(symbol), symbol);
  });

const mistakes: Record<string, [string[], RegExp]> = {
  'a base that is none': [['series', '--base', 'v9'], /v2.6.30, v6.1/],
  'a source that is something else': [
    ['series', 'check', '--base', 'v2.6.30', '--source', 'linux'],
    /expected Linux 2.6.30, tree 0cea46e43f0625244c3d06a71d6559e5ec5419ca, found .*tree [0-9a-f]{40}/,
  ],
  'all bases where one is worked on': [['tree', '--base', 'all'], /one base at a time/],
};

for (const [name, [args, words]] of Object.entries(mistakes))
  it(`ends with status 2 for ${name}`, () =>
    withToy((toy) => {
      writeToy(join(toy.folder, 'linux'));
      const { status, stderr } = lab(toy, ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /^\s+at /m);
      return Promise.resolve();
    }));

it('shows why a prefix is red', () => {
  const error = labError({
    code: 'build-failed',
    fault: 'build',
    doing: 'building v2.6.30',
    what: 'a.c does not compile',
    next: 'See the log.',
  });
  const warning = { file: 'b.c', line: 7, text: 'unused' };
  const result = { number: 2, name: '0002 c/r: x', green: false, did: ['applied'] as const };
  const lines = renderPrefix(
    { ...result, warnings: [warning], error, milliseconds: 1234 },
    plainStyle,
  );
  assert.equal(lines[0], 'red    0002 c/r: x: applied, 1 new warnings (1.2 s)');
  assert.equal(lines[1], '  b.c:7: warning: unused');
  assert.match(lines.join('\n'), /a.c does not compile/);
});
