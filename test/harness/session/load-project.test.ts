import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import { findProjectFolder } from '../../../harness/core/places.ts';
import { loadProject, noProject } from '../../../harness/session/load-project.ts';
import { readFragments } from '../../../kernel/build/fragments.ts';
import { readSeries } from '../../../kernel/series/series.ts';
import { gitIn } from '../../kernel/toy.ts';

const root = resolve(import.meta.dirname, '../../..');

const patch = (name: string) => `From: A <a@b>
Subject: [PATCH] ${name}

---
 a | 1 +
diff --git a/a b/a
--- a/a
+++ b/a
@@ -1 +1,2 @@
 a
+b
`;

const files = {
  'lab.config.ts': `import { defineProject } from 'cr-lab/project';
export default defineProject({
  name: 'my series',
  bases: ['v6.1', 'v2.6.30'],
  series: 'patches',
  config: { 'v6.1': ['mine.config'] },
  programs: ['programs/one.c', 'programs/two'],
  notices: [/^mine:/],
  calls: { mine: { 'v6.1': 451 } },
});
`,
  'mine.config': 'CONFIG_MINE=y\n',
  'programs/one.c': 'int main(void) { return 0; }\n',
  'programs/two/a.c': '',
  'programs/two/b.c': '',
  'patches/v6.1/0002-last.patch': patch('last'),
  'patches/v6.1/0001-first.patch': patch('first'),
  'patches/v2.6.30/series': 'only.patch\n',
  'patches/v2.6.30/only.patch': patch('only'),
};

describe('a project', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'lab-project-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  async function write(texts: Readonly<Record<string, string>>): Promise<string> {
    const own = await mkdtemp(join(folder, 'one-'));
    for (const [name, text] of Object.entries(texts)) {
      await mkdir(dirname(join(own, name)), { recursive: true });
      await writeFile(join(own, name), text);
    }
    return own;
  }

  it("is the repository's own", async () => {
    const { name, notices, bases, calls, cases } = await loadProject(root);
    assert.equal(name, 'c/r');
    assert.ok(notices.some((notice) => notice.test('c/r: task 42 is TASK_DEAD')));
    assert.deepEqual(calls, ['checkpoint', 'restart']);
    assert.equal(cases, join(root, 'cases'));
    for (const base of bases) {
      const fragments = await readFragments(base);
      assert.deepEqual(
        fragments.map((fragment) => fragment.name),
        ['boot', 'guest', 'debug', 'cr'],
      );
      const { patches } = await readSeries(base);
      assert.ok(patches.some(({ group }) => group === 'cr'));
    }
  });

  it('has bases with its own patches and fragments', async () => {
    const own = await write(files);
    const { bases, programs, results } = await loadProject(own);
    const [six, two] = bases;
    assert.ok(six && two);
    assert.equal(results, join(own, 'results'));
    assert.deepEqual(
      (await readSeries(six)).patches.map(({ group, number, subject }) => [group, number, subject]),
      [
        ['topic', 1, 'first'],
        ['topic', 2, 'last'],
      ],
    );
    assert.equal((await readFragments(six)).at(-1)?.text, 'CONFIG_MINE=y\n');
    assert.deepEqual([six.builds, two.builds], ['my-series-v6.1', 'my-series-v2.6.30']);
    assert.deepEqual(programs, [
      { name: 'one', files: [join(own, 'programs/one.c')] },
      { name: 'two', files: ['a.c', 'b.c'].map((file) => join(own, 'programs/two', file)) },
    ]);
  });

  it('has a program that is compiled with files of another', async () => {
    const program = "{ program: 'programs/two', with: ['programs/one.c'] }";
    const text = (what: string) => `export default { name: 'x', programs: [${what}] };`;
    const own = await write({ ...files, 'lab.config.ts': text(program) });
    const { programs } = await loadProject(own);
    assert.deepEqual(programs, [
      {
        name: 'two',
        files: ['two/a.c', 'two/b.c', 'one.c'].map((file) => join(own, 'programs', file)),
      },
    ]);
    const without = program.replace('one.c', 'none.c');
    const wrong = await write({ ...files, 'lab.config.ts': text(without) });
    await assert.rejects(loadProject(wrong), /programs\[0\]\.with\[0\]: .*none\.c is not there/);
  });

  it("has what today's tools need of an old kernel before its own patches", async () => {
    const { bases } = await loadProject(await write(files));
    const { patches } = await readSeries(bases[1] ?? assert.fail());
    assert.equal(patches.at(-1)?.file, 'only.patch');
    assert.equal(patches.at(-1)?.number, 1);
    assert.ok(patches.length > 3);
    assert.ok(patches.slice(0, -1).every(({ group }) => group === 'toolchain'));
  });

  it('may be for one kernel, whose patches lie in the folder itself', async () => {
    const own = await write({
      'lab.config.ts': "export default { name: 'x', bases: ['v6.1'], series: 'p' };",
      'p/0001-a.patch': patch('a'),
    });
    const { bases } = await loadProject(own);
    assert.equal((await readSeries(bases[0] ?? assert.fail())).patches.length, 1);
  });

  it('may have no patches', async () => {
    const own = await write({ 'lab.config.ts': "export default { name: 'x', bases: ['v6.1'] };" });
    const { bases } = await loadProject(own);
    assert.deepEqual((await readSeries(bases[0] ?? assert.fail())).patches, []);
  });

  it('may be for a kernel that Debian has', async () => {
    const own = await write({
      'lab.config.ts':
        "export default { name: 'x', bases: [{ name: 'v6.12', debian: 'linux-source-6.12' }] };",
    });
    const [base] = (await loadProject(own)).bases;
    assert.equal(base?.release, '6.12');
    assert.equal((await readFragments(base)).length, 3);
  });

  it('may be for a clone as its files stand', async () => {
    const own = await write({
      'lab.config.ts':
        "export default { name: 'x', bases: [{ name: 'mine', worktree: 'linux' }] };",
      'linux/Makefile': 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n',
    });
    const linux = join(own, 'linux');
    const home = findLabHome({ LAB_HOME: join(own, 'home') });
    await assert.rejects(loadProject(own, home), /bases\[0\].*linux is not a git repository/);
    gitIn(linux, 'init', '--quiet');
    gitIn(linux, 'add', '.');
    gitIn(linux, '-c', 'user.name=a', '-c', 'user.email=a', 'commit', '--quiet', '-m', 'a');
    await writeFile(join(linux, 'Makefile'), 'VERSION = 6\nPATCHLEVEL = 13\nSUBLEVEL = 0\n');
    const [base] = (await loadProject(own, home)).bases;
    assert.deepEqual([base?.name, base?.release], ['mine', '6.13']);
    assert.ok(base?.source.kind === 'git-revision');
    assert.equal(base.source.origin, `${linux} as it stands`);
  });

  it('may be for another architecture', async () => {
    const base = "{ name: 'v6.1-arm64', debian: 'linux-source-6.1', architecture: 'arm64' }";
    const own = await write({
      'lab.config.ts': `export default { name: 'x', bases: [${base}], config: ['mine.config'] };`,
      'mine.config': 'CONFIG_NET=y\n',
    });
    const named = await write({
      'lab.config.ts': `export default { name: 'x', bases: ['v6.1-arm64'], config: ['mine.config'] };`,
      'mine.config': 'CONFIG_NET=y\n',
    });
    for (const project of [own, named]) {
      const [found] = (await loadProject(project)).bases;
      assert.equal(found?.makeVariables['ARCH'], 'arm64');
      const names = (await readFragments(found)).map(({ name }) => name);
      assert.deepEqual(names, ['boot', 'guest', 'debug', 'arm64', 'mine']);
    }
  });

  it('may be for a release of kernel.org, or an archive of one', async () => {
    const sha256 = 'a'.repeat(64);
    const bases = [
      `{ name: 'new', release: '6.12.5', sha256: '${sha256}' }`,
      `{ name: 'old', release: '2.6.32', sha256: '${sha256}' }`,
      `{ name: 'here', release: '6.12', sha256: '${sha256}', archive: 'linux.tar' }`,
      `{ name: 'there', release: '6.12', sha256: '${sha256}', archive: 'https://example.org/l.tar' }`,
    ];
    const own = await write({
      'lab.config.ts': `export default { name: 'x', bases: [${bases.join()}] };`,
    });
    const found = (await loadProject(own)).bases;
    assert.deepEqual(
      found.map(({ source }) => source),
      [
        'https://cdn.kernel.org/pub/linux/kernel/v6.x/linux-6.12.5.tar.xz',
        'https://cdn.kernel.org/pub/linux/kernel/v2.6/linux-2.6.32.tar.xz',
        join(own, 'linux.tar'),
        'https://example.org/l.tar',
      ].map((place) => ({ kind: 'archive', sha256, places: [place] })),
    );
    assert.deepEqual(
      found.map(({ release }) => release),
      ['6.12', '2.6.32', '6.12', '6.12'],
    );
  });

  const config = (more: string): Readonly<Record<string, string>> => ({
    ...files,
    'lab.config.ts': `export default { name: 'x', bases: ['v6.1'], ${more} };`,
  });
  const mistakes: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['does not parse', { 'lab.config.ts': 'export default {' }, /project-unreadable/],
    [
      'exports nothing by default',
      { 'lab.config.ts': 'export const a = 1;' },
      /exports no project/,
    ],
    ['has no name', { 'lab.config.ts': 'export default {};' }, /at name/],
    ['has a notice that is no expression', config("notices: ['a']"), /at notices\[0\]/],
    ['has a key that there is not', config('bse: 1'), /bse/],
    ['has a base that there is not', config("bases: ['v9']"), /bases\[0\].*v9/],
    ['has two bases of one name', config("bases: ['v6.1', 'v6.1']"), /bases.*v6.1/],
    ['has a base of no source', config("bases: [{ name: 'a' }]"), /at bases\[0\]/],
    [
      'has a base of an architecture that there is not',
      config("bases: [{ name: 'a', debian: 'linux-source-6.1', architecture: 'vax' }]"),
      /at bases\[0\]/,
    ],
    [
      'has a base of an archive without its checksum',
      config("bases: [{ name: 'a', release: '6.12', archive: 'a.tar' }]"),
      /at bases\[0\]/,
    ],
    [
      'has a base of a clone that is none',
      config("bases: [{ name: 'a', repository: 'none', revision: 'v1' }]"),
      /bases\[0\].*not a git repository/,
    ],
    ['has a series that is not there', config("series: 'none'"), /series: .*none is not there/],
    [
      'has two bases and patches for one',
      { ...config("bases: ['v6.1', 'v2.6.30'], series: 'programs'") },
      /series: .*no folder v6.1/,
    ],
    ['has a fragment that is not there', config("config: ['a.config']"), /config\[0\]: /],
    [
      'has a fragment for a base that it does not have',
      config("config: { 'v2.6.30': ['mine.config'] }"),
      /config: .*no base v2.6.30/,
    ],
    ['has cases that are no folder', config("cases: 'mine.config'"), /cases: .*is no folder/],
    ['has a list that is not there', config("unreached: 'a.json'"), /unreached: .*not there/],
    ['has a program that is no C file', config("programs: ['mine.config']"), /programs\[0\]: /],
    ['has a program that is not there', config("programs: ['a.c']"), /programs\[0\]: /],
    ['has a selftest outside of its folder', config("selftests: ['../x']"), /at selftests\[0\]/],
    ['has a call without number', config("calls: { mine: { 'v6.1': 'x' } }"), /at calls\.mine/],
    ['has a call on another base', config("calls: { mine: { 'v9': 1 } }"), /calls\.mine: .*v9/],
    ['has verbs that are no function', config('verbs: 1'), /at verbs/],
    ['has artefacts without a name', config('artefacts: {}'), /at artefacts\.name/],
  ];
  for (const [what, texts, words] of mistakes)
    it(`is refused if it ${what}`, async () => {
      await assert.rejects(loadProject(await write(texts)), (error) => {
        assert.ok(isLabError(error), String(error));
        assert.equal(error.code, 'project-unreadable');
        assert.equal(error.fault, 'usage');
        const said = [error.code, error.what, ...(error.details ?? [])].join(' ');
        assert.match(said, words);
        return true;
      });
    });

  it('is found from within, by its name, or not at all', async () => {
    const own = await write(files);
    const within = join(own, 'programs/two');
    assert.equal(findProjectFolder(within, undefined, folder), own);
    assert.equal(findProjectFolder(folder, own, folder), own);
    assert.equal(findProjectFolder(folder, undefined, root), root);
    assert.equal(findProjectFolder(folder, undefined, folder), undefined);
    assert.throws(() => findProjectFolder(folder, 'nowhere'), { code: 'project-missing' });
  });

  it('is none where results must not lie', async () => {
    const home = findLabHome({ LAB_HOME: '/home' });
    const { results, bases } = await noProject('/linux', home);
    assert.equal(results, '/home/results');
    for (const base of bases)
      assert.ok((await readSeries(base)).patches.every(({ group }) => group === 'toolchain'));
  });
});
