import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { main } from '../../harness/cli/cli.ts';
import type { Cli } from '../../harness/core/cli-context.ts';
import { resultsSchema, type Results } from '../../harness/results/results.ts';
import { gitIn, toyFiles } from '../kernel/toy.ts';
import { makeWorld, noWorld, type World } from './world.ts';

/** What a user's clone holds: the toy, that ends in a real kernel unless the series spoils it. */
function toyClone({ folder, kernel }: World): Readonly<Record<string, string>> {
  const [version, patchlevel, sublevel] = kernel === 'v6.1' ? [6, 1, 0] : [2, 6, 39];
  const real = join(folder, 'kernel');
  return {
    ...toyFiles,
    Makefile: (toyFiles['Makefile'] ?? '')
      .replace('VERSION = 2', `VERSION = ${version}`)
      .replace('PATCHLEVEL = 6', `PATCHLEVEL = ${patchlevel}`)
      .replace('SUBLEVEL = 30', `SUBLEVEL = ${sublevel}`)
      .replace('oldconfig:', 'oldconfig olddefconfig:')
      .replace(
        'cp $(O)/vmlinux $(O)/arch/x86/boot/bzImage',
        // The part that QEMU looks at, and then words that no processor knows.
        `$(if $(wildcard kernel/spoilt.c),(head -c 16384 ${real}/bzImage; head -c 3000000 /dev/zero | tr '\\0' '\\377') > $(O)/arch/x86/boot/bzImage,cp ${real}/bzImage $(O)/arch/x86/boot/bzImage)`,
      )
      .replace('echo map > $(O)/System.map', `cp ${real}/System.map $(O)/`)
      .replace('\tread answer && cd', '\tcd'),
    'scripts/conf.sh': 'cp "$KCONFIG_ALLCONFIG" "$KCONFIG_CONFIG"\n',
  };
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** These guests come up: what a world hastens for those that hang would end them on a busy host. */
function slowDown(facts: string): void {
  if (!existsSync(facts)) return;
  writeFileSync(facts, readFileSync(facts, 'utf8').replace(/"factor": *[\d.]+/, '"factor": 20'));
}

const good = {
  'kernel/one.c': 'int one;\n',
  'kernel/two.c': 'int two(void) { return 2; }\n',
  'kernel/three.c': 'int three;\n',
} as const;

describe("a series of the user's own", { skip: noWorld }, () => {
  let world: World;
  let clone: string;
  before(() => {
    world = makeWorld();
    slowDown(join(world.home.facts, 'calibration-tcg.json'));
    clone = join(world.folder, 'clone');
    write(clone, toyClone(world));
    gitIn(clone, 'init', '--quiet', '--initial-branch=main');
    gitIn(clone, 'add', '-A', '-f');
    gitIn(clone, 'commit', '--quiet', '-m', 'a kernel');
    gitIn(clone, 'tag', 'base');
    branch('topic', good);
    branch('broken', {
      ...good,
      'kernel/three.c': 'int three(void) { return missing; }\n',
      'kernel/four.c': 'int four;\n',
    });
    branch('warns', { ...good, 'kernel/two.c': 'int two(void) { int unused; return 2; }\n' });
    branch('spoilt', { ...good, 'kernel/spoilt.c': 'int spoilt;\n' });
  });
  after(() => world.remove());

  function branch(name: string, files: Readonly<Record<string, string>>): void {
    gitIn(clone, 'checkout', '--quiet', '-B', name, 'base');
    for (const [file, text] of Object.entries(files)) {
      write(clone, { [file]: text });
      gitIn(clone, 'add', '-A', '-f');
      gitIn(clone, 'commit', '--quiet', '-m', `add ${file}`);
    }
    gitIn(clone, 'checkout', '--quiet', 'main');
  }

  /** Types a command, and returns how it left and what it found. */
  async function lab(...args: readonly string[]) {
    let text = '';
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    }) as unknown as NodeJS.WriteStream;
    const cli: Cli = {
      env: { ...process.env, LAB_HOME: world.home.root },
      folder: world.folder,
      root: join(import.meta.dirname, '../..'),
      ...{ stdout: sink, stderr: sink, command: 'npm run lab', status: 0 },
    };
    const runs = () =>
      readdirSync(world.results, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    mkdirSync(world.results, { recursive: true });
    const old = runs().map(({ name }) => name);
    const status = await main(['run', ...args, '--accel', 'tcg', '--results', world.results], cli);
    const fresh = runs().find(({ name }) => !old.includes(name));
    const path = fresh === undefined ? undefined : join(world.results, fresh.name, 'results.json');
    const results: Results | undefined =
      path === undefined ? undefined : resultsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return {
      status,
      text,
      results,
      verdicts: (results?.cases ?? []).map(({ suite, verdict }) => `${suite}: ${verdict}`),
    };
  }

  const range = (name: string) => ['--repo', clone, '--range', `base..${name}`];

  it('is green when its tip builds, boots and powers off', async () => {
    const { status, verdicts, results, text } = await lab(...range('topic'));
    assert.deepEqual(verdicts, ['all 3 patches: pass', 'all 3 patches: pass'], text);
    assert.equal(status, 0);
    assert.equal(results?.guests[0]?.expected, true);
    assert.deepEqual(
      results.baseReports[0]?.series.map(({ subject }) => subject),
      ['add kernel/one.c', 'add kernel/two.c', 'add kernel/three.c'],
    );
  });

  it('comes to the same by mail', async () => {
    const mailbox = join(world.folder, 't.mbox');
    gitIn(clone, 'format-patch', `--output=${mailbox}`, '--base=base', '-v2', 'base..topic');
    const { status, verdicts, text } = await lab('--repo', clone, '--mbox', mailbox);
    assert.deepEqual(verdicts, ['all 3 patches: pass', 'all 3 patches: pass'], text);
    assert.equal(status, 0);
    // The same kernel as that of the range.
    assert.match(text, /t\.mbox: v2, 3 patches/);
  });

  it('is proven patch by patch with --each', async () => {
    const { status, verdicts, text } = await lab(...range('topic'), '--each');
    const names = ['0001 add kernel/one.c', '0002 add kernel/two.c', '0003 add kernel/three.c'];
    assert.deepEqual(
      verdicts,
      names.flatMap((name) => [`${name}: pass`, `${name}: pass`]),
      text,
    );
    assert.equal(status, 0);
  });

  it('is red with the first patch that does not build named', async () => {
    const { status, results, verdicts, text } = await lab(...range('broken'));
    assert.deepEqual(verdicts, ['all 4 patches: fail', 'all 4 patches: skip'], text);
    assert.match(
      results?.cases[0]?.reason ?? '',
      /^0003 add kernel\/three\.c does not build: kernel\/three\.c/,
    );
    assert.match(results?.cases[0]?.error?.details?.join('\n') ?? '', /missing.*undeclared/);
    assert.equal(status, 1);
  });

  it('is red with the patch named whose line the compiler warns of', async () => {
    const { status, results, verdicts, text } = await lab(...range('warns'));
    assert.deepEqual(verdicts, ['all 3 patches: fail', 'all 3 patches: pass'], text);
    assert.match(results?.cases[0]?.reason ?? '', /by 0002 add kernel\/two\.c/);
    assert.equal(status, 1);
  });

  it('is red when its kernel does not come up', async () => {
    const { status, results, verdicts, text } = await lab(...range('spoilt'));
    assert.deepEqual(verdicts, ['all 4 patches: pass', 'all 4 patches: fail'], text);
    assert.ok(results?.cases[1]?.error?.fault === 'boot');
    assert.equal(status, 1);
  });

  it('leaves with 2 and builds nothing when a patch does not apply', async () => {
    const patches = join(world.folder, 'queue');
    gitIn(clone, 'format-patch', '--quiet', '-o', patches, 'base..topic');
    const [one = '', two = '', three = ''] = readdirSync(patches).sort();
    cpSync(join(patches, one), join(patches, `${two}.1`));
    const wrong = readFileSync(join(patches, two), 'utf8').replace(
      /^diff --git[^]*$/m,
      'diff --git a/kernel/fork.c b/kernel/fork.c\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -1,2 +1,2 @@\n-int not_there;\n+int there;\n int fork_1;\n',
    );
    writeFileSync(join(patches, two), wrong);
    assert.notEqual(three, '');
    const { status, results, text } = await lab(
      '--repo',
      clone,
      '--patches',
      patches,
      '--onto',
      'base',
    );
    assert.equal(status, 2, text);
    assert.match(results?.error?.what ?? '', /0002-add-kernel-two\.c\.patch.*kernel\/fork\.c/);
    assert.ok(results?.stages.every(({ stage }) => stage !== 'build'));
  });
});
