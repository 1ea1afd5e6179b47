import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import type { Base } from '../../../kernel/base.ts';
import { canHave, chooseBase } from '../../../kernel/source/choose.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
import { aptKnows } from '../../../kernel/source/source-debian.ts';
import { commitAll, toyBase, toyFiles, withToy, writeToy } from '../toy.ts';

const servedFrom = (url: string): Base => {
  if (toyBase.source.kind !== 'git-tree') throw new Error('the toy has a pinned tree');
  return { ...toyBase, source: { ...toyBase.source, urls: [url] } };
};

/** Nothing listens on that port of the loopback. */
const unreachable = servedFrom('http://127.0.0.1:9/linux.tar.xz');

const other: Base = {
  ...toyBase,
  name: 'v6.1',
  release: '6.1',
  source: { kind: 'debian-package', package: 'linux-source-6.1', suite: 'bookworm', leaveOut: [] },
};

const known = [unreachable, other];
const namesOf = ({ bases }: { bases: readonly Base[] }): string[] => bases.map(({ name }) => name);

it('takes what it is told', () =>
  withToy(async ({ context }) => {
    assert.deepEqual(namesOf(await chooseBase({ base: 'v6.1' }, context, known)), ['v6.1']);
    assert.deepEqual(namesOf(await chooseBase({ base: 'all' }, context, known)), [
      'v2.6.30',
      'v6.1',
    ]);
    const choice = await chooseBase({ base: 'v2.6.30' }, context, known);
    assert.deepEqual([namesOf(choice), choice.reason], [['v2.6.30'], undefined]);
  }));

it("refuses a base that is none, with exit status 2's fault", () =>
  withToy(async ({ context }) => {
    await assert.rejects(
      chooseBase({ base: 'v3.0' }, context, known),
      (error) => isLabError(error) && error.fault === 'usage' && /v2.6.30, v6.1/.test(error.next),
    );
  }));

it('builds with clang what is new enough for it, and refuses the rest at once', () =>
  withToy(async ({ context }) => {
    const clang = { compiler: 'clang' } as const;
    const named = await chooseBase({ ...clang, base: 'v6.1' }, context, known);
    const [base] = named.bases;
    assert.deepEqual([base?.compiler, base?.hostCompiler], [['clang'], ['clang']]);
    assert.equal(base?.makeVariables['LLVM'], '1');
    for (const asked of ['v2.6.30', 'all'])
      await assert.rejects(
        chooseBase({ ...clang, base: asked }, context, known),
        (error) =>
          isLabError(error) &&
          error.code === 'compiler-unfit' &&
          error.fault === 'usage' &&
          error.what.includes(
            "v2.6.30 can't be built with clang: Linux 2.6.30 was written for gcc",
          ),
      );
    const choice = await chooseBase(clang, context, [toyBase, other]);
    assert.deepEqual(namesOf(choice), ['v6.1']);
    assert.match(choice.reason ?? '', /v2\.6\.30 can't be built with clang/);
  }));

it('falls back to 6.1 within seconds and says why', () =>
  withToy(async ({ context }) => {
    const start = performance.now();
    const choice = await chooseBase({}, context, known);
    assert.ok(performance.now() - start < 15_000);
    assert.deepEqual(namesOf(choice), ['v6.1']);
    assert.match(
      choice.reason ?? '',
      /^Base v6.1: (apt can have|Debian's own archive has) .* v2.6.30 cannot be had: .*127.0.0.1/,
    );
  }));

it('prefers 2.6.30 when its server answers', () =>
  withToy(async ({ context }) => {
    const server = createServer((_, response) => response.writeHead(200).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const base = servedFrom(`http://127.0.0.1:${port}/linux.tar.xz`);
    const choice = await chooseBase({}, context, [base, other]);
    server.close();
    assert.deepEqual(namesOf(choice), ['v2.6.30']);
    assert.match(choice.reason ?? '', /kernel.org/);
  }));

it('prefers 2.6.30 when it is in the lab home', () =>
  withToy(async ({ context, folder }) => {
    await acquireSource(unreachable, { from: writeToy(join(folder, 'linux')) }, context);
    const choice = await chooseBase({}, context, known);
    assert.equal(choice.reason, 'Base v2.6.30: its source is in the lab home.');
  }));

it('prefers 2.6.30 when its variable is set', () =>
  withToy(async ({ context, folder }) => {
    process.env['LAB_SOURCE_V2_6_30'] = folder;
    try {
      const choice = await chooseBase({}, context, known);
      assert.equal(choice.reason, 'Base v2.6.30: LAB_SOURCE_V2_6_30 names its source.');
      process.env['LAB_SOURCE_V2_6_30'] = join(folder, 'nothing');
      const { whyNot } = await canHave(unreachable, context.home, context.signal);
      assert.match(whyNot ?? '', /^LAB_SOURCE_V2_6_30 names .*nothing, where nothing is$/);
    } finally {
      delete process.env['LAB_SOURCE_V2_6_30'];
    }
  }));

const sixFiles: Readonly<Record<string, string>> = {
  ...toyFiles,
  Makefile: (toyFiles['Makefile'] ?? '')
    .replace('VERSION = 2', 'VERSION = 6')
    .replace('PATCHLEVEL = 6', 'PATCHLEVEL = 1')
    .replace('SUBLEVEL = 30', 'SUBLEVEL = 77'),
};

for (const kind of ['folder', 'repository', 'tarball'])
  it(`sees which base a ${kind} holds`, () =>
    withToy(async ({ context, folder }) => {
      const make = (name: string, files: Readonly<Record<string, string>>): string => {
        const path = writeToy(join(folder, name), files);
        if (kind === 'repository') commitAll(path);
        if (kind !== 'tarball') return path;
        execFileSync('tar', ['-C', folder, '-czf', `${path}.tgz`, name]);
        return `${path}.tgz`;
      };
      const six = await chooseBase({ source: make('six', sixFiles) }, context, known);
      const two = await chooseBase({ source: make('two', toyFiles) }, context, known);
      assert.deepEqual([namesOf(six), namesOf(two)], [['v6.1'], ['v2.6.30']]);
      assert.match(six.reason ?? '', /^Base v6.1: that is what .*six.* holds\.$/);
    }));

it('records the version of a 6.1 of any kind', () =>
  withToy(async ({ context, folder }) => {
    const source = await acquireSource(
      other,
      { from: writeToy(join(folder, 'six'), sixFiles) },
      context,
    );
    assert.equal(source.version, '6.1.77');
    assert.match(source.id, /^[0-9a-f]{40}$/);
    await assert.rejects(
      acquireSource(other, { from: writeToy(join(folder, 'two')) }, context),
      /expected Linux 6.1, found Linux 2.6.30/,
    );
  }));

it("replaces a 6.1 by another version when told to, but not the user's work", () =>
  withToy(async ({ context, folder }) => {
    const one = await acquireSource(
      other,
      { from: writeToy(join(folder, 'one'), sixFiles) },
      context,
    );
    const later = { ...sixFiles, Makefile: (sixFiles['Makefile'] ?? '').replace('77', '78') };
    const from = writeToy(join(folder, 'later'), later);
    const two = await acquireSource(other, { from }, context);
    assert.equal(two.version, '6.1.78');
    assert.equal(two.repository, one.repository);
    execFileSync('touch', [join(two.repository, 'kernel/mine.c')]);
    await assert.rejects(
      acquireSource(other, { from: join(folder, 'one') }, context),
      (error) => isLabError(error) && error.code === 'tree-has-work',
    );
  }));

it('asks apt whether it knows a package', () =>
  withToy(async ({ folder }) => {
    const signal = new AbortController().signal;
    mkdirSync(join(folder, 'lists/partial'), { recursive: true });
    const none = [`-oDir::State::Lists=${join(folder, 'lists')}`];
    assert.equal(await aptKnows('no-such-package', signal, none), 'no lists');
    const deb = `${folder}/deb`;
    mkdirSync(deb);
    writeFileSync(
      `${deb}/Packages`,
      'Package: known\nVersion: 1\nArchitecture: all\nFilename: ./known.deb\nSize: 1\nSHA256: 00\n',
    );
    writeFileSync(`${folder}/sources`, `deb [trusted=yes] file:${deb} ./\n`);
    const own = [
      ...none,
      `-oDir::Etc::SourceList=${folder}/sources`,
      '-oDir::Etc::SourceParts=/dev/null',
      `-oDir::Cache=${folder}/cache`,
    ];
    mkdirSync(`${folder}/cache/archives/partial`, { recursive: true });
    execFileSync('apt-get', [...own, '-oAPT::Sandbox::User=root', 'update'], { stdio: 'ignore' });
    assert.equal(await aptKnows('known', signal, own), 'yes');
    assert.equal(await aptKnows('no-such-package', signal, own), 'no');
    // apt would take these for regular expressions, as it does linux-source-6.1 on Debian 13.
    assert.equal(await aptKnows('know.', signal, own), 'no');
    assert.equal(await aptKnows('know', signal, own), 'no');
  }));
