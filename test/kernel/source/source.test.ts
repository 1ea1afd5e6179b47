import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { isLabError } from '../../../harness/core/errors.ts';
import { withLock } from '../../../harness/core/lock.ts';
import { hashFile } from '../../../harness/store/cache.ts';
import type { Base } from '../../../kernel/base.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
import { commitAll, gitIn, toyBase, toyFiles, toyTreeId, withToy, writeToy } from '../toy.ts';
import type { Toy } from '../toy.ts';

/** Every kind of place a source may come from, each holding the toy's very tree. */
const places: Record<string, (toy: Toy) => string> = {
  'a repository': ({ folder }) => commitAll(writeToy(join(folder, 'clone'))),
  'a .git folder': ({ folder }) => join(commitAll(writeToy(join(folder, 'clone'))), '.git'),
  'a bare repository': ({ folder }) => {
    const clone = commitAll(writeToy(join(folder, 'clone')));
    gitIn(folder, 'clone', '--quiet', '--bare', clone, 'bare.git');
    return join(folder, 'bare.git');
  },
  'a repository without the tag, with later commits and changes': ({ folder }) => {
    const clone = commitAll(writeToy(join(folder, 'clone')));
    gitIn(clone, 'tag', '-d', 'v2.6.30');
    writeFileSync(join(clone, 'kernel/fork.c'), 'other\n');
    gitIn(clone, 'commit', '--quiet', '-am', 'later');
    writeFileSync(join(clone, 'kernel/exit.c'), 'not committed\n');
    return clone;
  },
  'a shallow clone': ({ folder }) => {
    const clone = commitAll(writeToy(join(folder, 'clone')));
    gitIn(folder, 'clone', '--quiet', '--depth=1', `file://${clone}`, 'shallow');
    return join(folder, 'shallow');
  },
  'a partial clone with its files checked out': ({ folder }) => {
    const clone = commitAll(writeToy(join(folder, 'clone')));
    gitIn(clone, 'config', 'uploadpack.allowFilter', 'true');
    gitIn(folder, 'clone', '--quiet', '--filter=blob:none', `file://${clone}`, 'partial');
    rmSync(clone, { recursive: true });
    return join(folder, 'partial');
  },
  'a folder': ({ folder }) => writeToy(join(folder, 'unpacked')),
  'a folder inside another repository': ({ folder }) => {
    commitAll(writeToy(join(folder, 'outer')));
    return writeToy(join(folder, 'outer', 'unpacked'));
  },
  'a folder with a repository that lacks what was ignored': ({ folder }) => {
    const unpacked = writeToy(join(folder, 'unpacked'));
    gitIn(unpacked, 'init', '--quiet');
    gitIn(unpacked, 'add', '.');
    gitIn(unpacked, 'commit', '--quiet', '-m', 'import');
    return unpacked;
  },
  'an xz tarball': (toy) => tarball(toy, 'J', 'xz'),
  'a gzip tarball': (toy) => tarball(toy, 'z', 'gz'),
  'a bzip2 tarball under another name': (toy) => tarball(toy, 'j', 'download'),
  'a plain tarball without a top folder': ({ folder }) => {
    const unpacked = writeToy(join(folder, 'linux'));
    const path = join(folder, 'flat.tar');
    execFileSync('tar', ['-C', unpacked, '-cf', path, '.']);
    return path;
  },
};

function tarball({ folder }: Toy, flag: string, suffix: string): string {
  writeToy(join(folder, 'linux-2.6.30'));
  const path = join(folder, `linux.${suffix}`);
  execFileSync('tar', ['-C', folder, `-c${flag}f`, path, 'linux-2.6.30']);
  return path;
}

for (const [name, make] of Object.entries(places))
  it(`imports ${name}, byte for byte and reproducibly`, () =>
    withToy(async (toy) => {
      const source = await acquireSource(toyBase, { from: make(toy) }, toy.context);
      assert.equal(source.id, toyTreeId);
      assert.equal(source.version, '2.6.30');
      for (const [file, text] of Object.entries(toyFiles))
        assert.equal(readFileSync(join(source.repository, file), 'utf8'), text);
      assert.equal(gitIn(source.repository, 'rev-parse', 'HEAD'), source.commit);
      assert.equal(gitIn(source.repository, 'rev-parse', 'HEAD^{tree}'), toyTreeId);
      assert.equal(gitIn(source.repository, 'status', '--porcelain'), '');
      assert.equal(gitIn(source.repository, 'rev-list', '--count', 'HEAD'), '1');
      assert.equal(source.commit, await commitOfFolderImport());
      assert.deepEqual(leftovers(toy), ['v2.6.30']);
    }));

let known: string | undefined;
/** The id that the base's commit has whatever way it came. */
async function commitOfFolderImport(): Promise<string> {
  await withToy(async (toy) => {
    const from = writeToy(join(toy.folder, 'unpacked'));
    known ??= (await acquireSource(toyBase, { from }, toy.context)).commit;
  });
  return known ?? '';
}

function leftovers({ context }: Toy): string[] {
  return existsSync(context.home.trees) ? readdirSync(context.home.trees).sort() : [];
}

const refused: Record<string, [string, RegExp, (toy: Toy) => string]> = {
  'a folder with one byte more': [
    'source-id-mismatch',
    /expected .*, tree [0-9a-f]{40}, found .*, tree [0-9a-f]{40}/,
    ({ folder }) => {
      const place = writeToy(join(folder, 'linux'));
      appendFileSync(join(place, 'kernel/fork.c'), ' ');
      return place;
    },
  ],
  'a folder with a file of the build in it': [
    'source-id-mismatch',
    /expected/,
    ({ folder }) => {
      const place = writeToy(join(folder, 'linux'));
      writeFileSync(join(place, 'kernel/fork.o'), 'object');
      return place;
    },
  ],
  'a repository of another version': [
    'source-id-mismatch',
    /found .*tree [0-9a-f]{40}/,
    ({ folder }) => {
      const makefile = (toyFiles['Makefile'] ?? '').replace('30', '31');
      return commitAll(writeToy(join(folder, 'linux'), { ...toyFiles, Makefile: makefile }));
    },
  ],
  'a bare repository of something else': [
    'source-id-mismatch',
    /expected .* among its objects, found tree [0-9a-f]{40} at HEAD/,
    ({ folder }) => {
      const other = join(folder, 'other');
      mkdirSync(other);
      writeFileSync(join(other, 'README'), 'x');
      return join(commitAll(other), '.git');
    },
  ],
  'a partial clone that lacks the files': [
    'source-unusable',
    /partial clone that lacks \d+ objects/,
    ({ folder }) => {
      const clone = commitAll(writeToy(join(folder, 'clone')));
      gitIn(clone, 'config', 'uploadpack.allowFilter', 'true');
      const filter = ['--filter=blob:none', '--no-checkout'];
      gitIn(folder, 'clone', '--quiet', ...filter, `file://${clone}`, 'partial');
      return join(folder, 'partial');
    },
  ],
  'a repository with a damaged object': [
    'source-unusable',
    /cannot read|damaged|missing/,
    ({ folder }) => {
      const clone = commitAll(writeToy(join(folder, 'clone')));
      const blob = gitIn(clone, 'rev-parse', 'HEAD:kernel/fork.c');
      const path = join(clone, '.git/objects', blob.slice(0, 2), blob.slice(2));
      rmSync(path);
      writeFileSync(path, 'rubbish');
      return clone;
    },
  ],
  'a tarball of another tree': [
    'source-id-mismatch',
    /found Linux 2.6.30, tree/,
    (toy) => {
      writeToy(join(toy.folder, 'linux-2.6.30'));
      writeFileSync(join(toy.folder, 'linux-2.6.30/more.c'), '');
      const path = join(toy.folder, 'x.tar');
      execFileSync('tar', ['-C', toy.folder, '-cf', path, 'linux-2.6.30']);
      return path;
    },
  ],
  'a tarball cut short': [
    'source-unusable',
    /cut short/,
    (toy) => {
      const path = tarball(toy, 'z', 'gz');
      truncateSync(path, 700);
      return path;
    },
  ],
  'a file that is no tarball': [
    'source-unusable',
    /cannot be unpacked/,
    ({ folder }) => {
      writeFileSync(join(folder, 'x.tar.xz'), 'just text');
      return join(folder, 'x.tar.xz');
    },
  ],
  'a folder without a kernel': [
    'source-unusable',
    /no Makefile/,
    ({ folder }) => {
      mkdirSync(join(folder, 'empty'));
      return join(folder, 'empty');
    },
  ],
  'a place that is not there': [
    'source-unusable',
    /no such file/,
    ({ folder }) => join(folder, 'nowhere'),
  ],
};

for (const [name, [code, words, make]] of Object.entries(refused))
  it(`refuses ${name} by name and keeps nothing of it`, () =>
    withToy(async (toy) => {
      const from = make(toy);
      await assert.rejects(acquireSource(toyBase, { from }, toy.context), (error) => {
        assert.ok(isLabError(error), String(error));
        assert.equal(error.code, code);
        assert.match(error.what, words);
        assert.ok(error.what.includes(from), error.what);
        return true;
      });
      assert.deepEqual(leftovers(toy), []);
      assert.equal(toy.events.at(-1)?.type, 'stage-failed');
    }));

it('does not write to the repository it reads', () =>
  withToy(async (toy) => {
    const from = commitAll(writeToy(join(toy.folder, 'clone')));
    const list = (): string =>
      execFileSync('find', [from, '-newer', join(toy.folder, 'mark')], { encoding: 'utf8' });
    writeFileSync(join(toy.folder, 'mark'), '');
    await acquireSource(toyBase, { from }, toy.context);
    assert.equal(list(), '');
  }));

it('finds what it imported without a look at the place, and without git', () =>
  withToy(async (toy) => {
    const from = writeToy(join(toy.folder, 'linux'));
    await acquireSource(toyBase, { from }, toy.context);
    rmSync(join(toy.folder, 'linux'), { recursive: true });
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      await acquireSource(toyBase, {}, toy.context);
    } finally {
      process.env['PATH'] = path;
    }
    const ended = toy.events.at(-1);
    assert.ok(ended?.type === 'stage-ended' && ended.cached);
  }));

it('looks into a place that it has not seen, cached or not', () =>
  withToy(async (toy) => {
    await acquireSource(toyBase, { from: writeToy(join(toy.folder, 'a')) }, toy.context);
    const other = writeToy(join(toy.folder, 'b'));
    writeFileSync(join(other, 'kernel/fork.c'), 'other\n');
    await assert.rejects(acquireSource(toyBase, { from: other }, toy.context), /is not v2.6.30/);
    await acquireSource(toyBase, {}, toy.context);
    assert.deepEqual(leftovers(toy), ['v2.6.30']);
  }));

it("takes the place from the base's variable", () =>
  withToy(async (toy) => {
    process.env['LAB_SOURCE_V2_6_30'] = writeToy(join(toy.folder, 'named'));
    try {
      const source = await acquireSource(toyBase, {}, toy.context);
      assert.equal(source.origin, join(toy.folder, 'named'));
    } finally {
      delete process.env['LAB_SOURCE_V2_6_30'];
    }
  }));

it('says at once that no place has it', () =>
  withToy(async (toy) => {
    await assert.rejects(
      acquireSource(toyBase, {}, toy.context),
      (error) => isLabError(error) && error.code === 'source-unavailable',
    );
  }));

it('moves a tree without a readable record aside: it may hold commits', () =>
  withToy(async (toy) => {
    const from = writeToy(join(toy.folder, 'linux'));
    const { repository } = await acquireSource(toyBase, { from }, toy.context);
    writeFileSync(join(repository, 'mine.c'), 'my work\n');
    truncateSync(join(repository, '.git/lab-source.json'), 9);
    await acquireSource(toyBase, { from }, toy.context);
    const aside = leftovers(toy).find((name) => name.includes('aside')) ?? '';
    assert.equal(readFileSync(join(repository, '..', aside, 'mine.c'), 'utf8'), 'my work\n');
    assert.ok(toy.events.some((event) => event.type === 'warning' && event.text.includes(aside)));
  }));

it('is imported once by two labs at once', () =>
  withToy(async (toy) => {
    const from = writeToy(join(toy.folder, 'linux'));
    const both = [1, 2].map(() => acquireSource(toyBase, { from }, toy.context));
    const [one, two] = await Promise.all(both);
    assert.equal(one?.commit, two?.commit);
    assert.deepEqual(leftovers(toy), ['v2.6.30']);
  }));

it('takes nothing for whole after a kill at any moment', () =>
  withToy(async (toy) => {
    const from = writeToy(join(toy.folder, 'linux'));
    const victim = join(import.meta.dirname, '../victim.ts');
    for (const wait of [0, 40, 90, 150, 220]) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', victim, toy.context.home.root, from, toy.context.scratch],
        { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
      );
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, wait));
      // The whole group: as a closed terminal or a pulled plug does.
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await once(child, 'close');
      const tree = join(toy.context.home.trees, 'v2.6.30');
      if (existsSync(tree)) assert.equal(gitIn(tree, 'status', '--porcelain'), '');
      rmSync(tree, { recursive: true, force: true });
    }
    rmSync(join(toy.context.home.trees, 'v2.6.30.lock'), { recursive: true, force: true });
    const source = await acquireSource(toyBase, { from }, toy.context);
    assert.equal(gitIn(source.repository, 'write-tree'), toyTreeId);
    // What a git of the last victim still wrote meanwhile is taken by the next import, and the
    // guard of a takeover that was cut short by the next takeover.
    const left = leftovers(toy).filter((name) => !/partial-|\.takeover$/.test(name));
    assert.deepEqual(left, ['v2.6.30']);
  }));

it('stops at an abort and keeps nothing', () =>
  withToy(async (toy) => {
    const from = writeToy(join(toy.folder, 'linux'));
    const importing = acquireSource(toyBase, { from }, toy.context);
    toy.controller.abort(new Error('enough'));
    await assert.rejects(importing, /enough/);
    assert.deepEqual(leftovers(toy), []);
  }));

it('says that it waits for another lab, and stops waiting at an abort', () =>
  withToy(async (toy) => {
    const from = writeToy(join(toy.folder, 'linux'));
    const tree = join(toy.context.home.trees, 'v2.6.30');
    await withLock(tree, async () => {
      const waiting = acquireSource(toyBase, { from }, toy.context);
      const said = () => toy.events.some((event) => event.type === 'note');
      while (!said()) await later(5);
      toy.controller.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
    });
    const signal = new AbortController().signal;
    await acquireSource(toyBase, { from }, { ...toy.context, signal });
  }));

it('takes an archive whose checksum a base names, and knows it again', () =>
  withToy(async (toy) => {
    const archive = tarball(toy, 'z', 'gz');
    const sha256 = await hashFile(archive);
    const base: Base = { ...toyBase, source: { kind: 'archive', sha256, places: [archive] } };
    const { id, origin } = await acquireSource(base, {}, toy.context);
    assert.deepEqual([id, origin], [toyTreeId, archive]);
    rmSync(archive);
    assert.equal((await acquireSource(base, {}, toy.context)).id, toyTreeId);
    const other = { ...base.source, sha256: '0'.repeat(64) };
    await assert.rejects(acquireSource({ ...base, source: other }, {}, toy.context), {
      code: 'source-unavailable',
    });
  }));

it('refuses an archive with another checksum before it is unpacked, and leaves the file', () =>
  withToy(async (toy) => {
    const archive = tarball(toy, 'z', 'gz');
    const source = { kind: 'archive', sha256: '0'.repeat(64), places: [archive] } as const;
    await assert.rejects(acquireSource({ ...toyBase, source }, {}, toy.context), {
      code: 'source-id-mismatch',
      what: /expected SHA-256 0{64}, found SHA-256 [0-9a-f]{64}$/,
    });
    assert.ok(existsSync(archive));
    assert.deepEqual(
      readdirSync(toy.context.home.trees).filter((name) => !name.startsWith('.')),
      [],
    );
  }));

it('takes the same source from another archive, and refuses what is named instead of it', () =>
  withToy(async (toy) => {
    const archives = [tarball(toy, 'z', 'gz')];
    rmSync(join(toy.folder, 'linux-2.6.30'), { recursive: true });
    archives.push(tarball(toy, 'J', 'xz'));
    for (const archive of archives) {
      const sha256 = await hashFile(archive);
      const base: Base = { ...toyBase, source: { kind: 'archive', sha256, places: [archive] } };
      assert.equal((await acquireSource(base, {}, toy.context)).id, toyTreeId);
    }
    const [archive = ''] = archives;
    const source = { kind: 'archive', sha256: '0'.repeat(64), places: [] } as const;
    for (const from of [archive, join(toy.folder, 'linux-2.6.30')])
      await assert.rejects(acquireSource({ ...toyBase, source }, { from }, toy.context), {
        code: 'source-id-mismatch',
      });
  }));
