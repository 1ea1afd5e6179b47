import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { buildWith } from '../../kernel/bases/build-with.ts';
import { makeImage } from '../../kernel/image.ts';
import type { ImageOptions } from '../../kernel/image.ts';
import { clang } from '../../harness/setup/tools.mjs';
import { edited, failureOf, gitIn, toyBase, toyFiles, usualSeries } from './toy.ts';
import { withToy, writeFragments, writeSeries, writeToy } from './toy.ts';
import type { Edit, Toy } from './toy.ts';

const withLab = (
  work: (toy: Toy, options: ImageOptions) => Promise<void>,
  series: Readonly<Record<string, readonly Edit[]>> = usualSeries,
) =>
  withToy(async (toy) => {
    writeSeries(toy, series);
    const source = writeToy(join(toy.folder, 'linux'));
    const { patches: patchesFolder, config: configFolder } = toy;
    await work(toy, { base: toyBase, source, patchesFolder, configFolder });
  });

const stagesOf = (toy: Toy): string[] =>
  toy.events.flatMap((event) =>
    event.type === 'stage-ended' ? [`${event.stage}${event.cached ? ' cached' : ''}`] : [],
  );

const compiledIn = (toy: Toy): number =>
  toy.events.filter((event) => event.type === 'stage-progress' && event.stage === 'build').length;

/** A patch of c/r with one file. */
const only = (name: string, text: string): Record<string, Edit[]> => ({
  cr: [{ subject: 'c/r: one', files: { [name]: text } }],
});

it('goes from source to image, and keeps what was built', () =>
  withLab(async (toy, options) => {
    const image = await makeImage(options, toy.context);
    assert.equal(image.cached, false);
    assert.deepEqual(stagesOf(toy), ['source', 'tree', 'config', 'build']);
    for (const path of [image.kernel, image.vmlinux, image.systemMap, image.config, image.buildLog])
      assert.ok(statSync(path).size > 0, path);
    assert.match(readFileSync(image.config, 'utf8'), /^CONFIG_SMP=y$/m);
    assert.match(readFileSync(image.buildLog, 'utf8'), /CC {6}kernel\/sys.o/);
    assert.equal(compiledIn(toy), 3);
  }));

it('finds an unchanged image without make or the tree', () =>
  withLab(async (toy, options) => {
    const { key } = await makeImage(options, toy.context);
    toy.events.length = 0;
    const tree = join(toy.context.home.trees, 'v2.6.30');
    for (const name of readdirSync(tree).filter((each) => each !== '.git'))
      rmSync(join(tree, name), { recursive: true });
    const { PATH } = process.env;
    // Whether source and compiler are still the same is asked of these.
    const few = join(toy.folder, 'few-programs');
    mkdirSync(few);
    for (const name of ['git', 'gcc', 'ld', 'as'])
      symlinkSync(execSync(`command -v ${name}`, { encoding: 'utf8' }).trim(), join(few, name));
    process.env['PATH'] = few;
    try {
      const start = performance.now();
      const image = await makeImage(options, toy.context);
      assert.ok(performance.now() - start < 3000);
      assert.deepEqual([image.key, image.cached], [key, true]);
    } finally {
      process.env['PATH'] = PATH;
    }
    assert.deepEqual(stagesOf(toy), ['source cached', 'build cached']);
    assert.deepEqual(readdirSync(tree), ['.git']);
  }));

it('compiles only what a changed patch touches', () =>
  withLab(async (toy, options) => {
    const before = await makeImage(options, toy.context);
    const path = join(toy.patches, toyBase.name, 'cr/0002-c-r-look-at-fork.patch');
    writeFileSync(path, readFileSync(path, 'utf8').replace('+int ckpt_30;', '+int ckpt_31;'));
    toy.events.length = 0;
    const after = await makeImage(options, toy.context);
    assert.notEqual(after.key, before.key);
    assert.equal(compiledIn(toy), 1);
  }));

it('has other keys for other prefixes, fragments and flags', () =>
  withLab(async (toy, options) => {
    const keys = new Set<string>();
    const variants: ImageOptions[] = [
      options,
      { ...options, upto: 1 },
      { ...options, fragments: ['boot'] },
      { ...options, base: { ...toyBase, compiler: ['gcc', '-O2'] } },
      { ...options, base: { ...toyBase, hostCompiler: ['gcc', '-O2'] } },
      { ...options, base: { ...toyBase, makeVariables: { ARCH: 'x86_64', MORE: '1' } } },
    ];
    for (const variant of variants) keys.add((await makeImage(variant, toy.context)).key);
    assert.equal(keys.size, variants.length);
    assert.deepEqual(readdirSync(toy.context.home.builds).sort(), ['v2.6.30', 'v2.6.30-boot']);
  }));

it('comes to the same bytes from an empty build folder', () =>
  withLab(async (toy, options) => {
    const one = readFileSync((await makeImage(options, toy.context)).vmlinux);
    const { home } = toy.context;
    const elsewhere = { ...home, builds: `${home.builds}2`, images: `${home.images}2` };
    const two = await makeImage(options, { ...toy.context, home: elsewhere });
    assert.ok(readFileSync(two.vmlinux).equals(one));
  }));

it('makes a damaged image again, and says so', () =>
  withLab(async (toy, options) => {
    const { vmlinux } = await makeImage(options, toy.context);
    truncateSync(vmlinux, 3);
    const image = await makeImage(options, toy.context);
    assert.equal(image.cached, false);
    assert.ok(statSync(vmlinux).size > 3);
    const warned = toy.events.find((event) => event.type === 'warning');
    assert.ok(warned?.type === 'warning' && warned.text.includes('vmlinux has changed'));
  }));

const warned = 'int f(void)\n{\n\tint unused;\n\treturn 0;\n}\n';

it('counts the warnings of files the series touches, also when ccache compiled them', () =>
  withLab(
    async (toy, options) => {
      const { home } = toy.context;
      for (const name of ['one', 'two']) {
        const fresh = {
          ...home,
          builds: `${home.builds}-${name}`,
          images: `${home.images}-${name}`,
        };
        const { warnings } = await makeImage(options, { ...toy.context, home: fresh });
        assert.deepEqual(warnings, [
          { file: 'kernel/cr.c', line: 3, text: "unused variable 'unused' [-Wunused-variable]" },
        ]);
      }
    },
    only('kernel/cr.c', warned),
  ));

it("counts no warning of the base's own, not even in a file the series touches", () =>
  withLab(
    async (toy, options) => {
      const { warnings } = await makeImage(options, toy.context);
      assert.deepEqual(
        warnings.map(({ file, line }) => [file, line]),
        [['kernel/exit.c', 48]],
      );
    },
    only('kernel/exit.c', `${toyFiles['kernel/exit.c'] ?? ''}${warned}`),
  ));

const chattyMakefile = `${(toyFiles['Makefile'] ?? '').replace(
  'bzImage:',
  () => 'bzImage: $(addprefix host-,$(shell seq 40))',
)}
host-%:
\t@echo "  HOSTCC  usr/$*"; echo "usr/$*.c:1:1: warning: of $*" >&2
`;

it('keeps what is said of a target after its name, however many are made at once', () =>
  withLab(
    async (toy, options) => {
      const { buildLog } = await makeImage(options, toy.context);
      const said = readFileSync(buildLog, 'utf8').matchAll(/^ {2}HOSTCC {2}usr\/(\d+)\n(.*)$/gm);
      const pairs = [...said].map(([, name, next]) => [name, next]);
      assert.equal(pairs.length, 40);
      for (const [name, next] of pairs)
        assert.equal(next, `usr/${name}.c:1:1: warning: of ${name}`);
    },
    only('Makefile', chattyMakefile),
  ));

it('still knows the warnings of an object that was not compiled again', () =>
  withLab(
    async (toy, options) => {
      await makeImage(options, toy.context);
      toy.events.length = 0;
      writeFragments(toy.config, { boot: 'CONFIG_SMP=y\n# again\n# CONFIG_NAME is not set\n' });
      const { warnings } = await makeImage(options, toy.context);
      assert.equal(compiledIn(toy), 0);
      assert.equal(warnings.length, 1);
    },
    only('kernel/cr.c', warned),
  ));

it('does not count the warnings of files the series leaves alone', () =>
  withLab(async (toy, options) => {
    assert.deepEqual((await makeImage(options, toy.context)).warnings, []);
  }));

it('says which file does not compile, and which patch touched it last', () =>
  withLab(
    async (toy, options) => {
      const error = await failureOf(makeImage(options, toy.context));
      assert.equal(error.code, 'build-failed');
      assert.equal(error.fault, 'build');
      assert.match(error.what, /kernel\/cr.c does not compile; .* cr\/0001-c-r-one.patch/);
      assert.match((error.details ?? []).join('\n'), /^kernel\/cr.c:1:\d+: error: /m);
      const log = /\/\S+build.log/.exec(error.next)?.[0] ?? '';
      assert.match(readFileSync(log, 'utf8'), /error:/);
      assert.deepEqual(readdirSync(toy.context.home.images), []);
      const last = toy.events.at(-1);
      assert.ok(last?.type === 'stage-failed');
      const { 'build.log': kept = '', config = '' } = last.files ?? {};
      assert.equal(kept, log);
      assert.match(readFileSync(config, 'utf8'), /^CONFIG_/m);
    },
    only('kernel/cr.c', 'int f(void) { return missing; }\n'),
  ));

it('says what to do when the tree has been built in', () =>
  withLab(
    async (toy, options) => {
      const error = await failureOf(makeImage(options, toy.context));
      assert.equal(error.code, 'tree-not-clean');
      assert.match(error.next, /make -C \/\S+ mrproper$/);
    },
    // As the kernel's own Makefile says it.
    only('kernel/cr.c', "#error The source tree is not clean, please run 'make mrproper'\n"),
  ));

it('does not take a build for one without warnings that says nothing of what it compiles', () =>
  withLab(
    async (toy, options) => {
      const error = await failureOf(makeImage(options, toy.context));
      assert.equal(error.code, 'build-mute');
      assert.equal(error.fault, 'build');
    },
    only('Makefile', (toyFiles['Makefile'] ?? '').replace('echo "  CC ', ': "  CC ')),
  ));

it('goes on with a build that failed once its patch is right', () =>
  withLab(
    async (toy, options) => {
      await failureOf(makeImage(options, toy.context));
      writeSeries(toy, only('kernel/cr.c', 'int f(void) { return 0; }\n'));
      toy.events.length = 0;
      await makeImage(options, toy.context);
      assert.ok(compiledIn(toy) <= 3);
    },
    only('kernel/cr.c', 'int f(void) { return missing; }\n'),
  ));

const lost: Record<string, [Record<string, string>, RegExp[]]> = {
  'that no Kconfig defines': [
    { boot: 'CONFIG_SMP=y\nCONFIG_TYPO=y\n' },
    [/CONFIG_TYPO did not/, /CONFIG_TYPO: asked y \(boot.config\), got nothing: .*no such symbol/],
  ],
  'with another value': [
    { boot: 'CONFIG_SMP=y\n', cr: 'CONFIG_SMP=m\nCONFIG_OTHER="x"\n' },
    [/CONFIG_OTHER did not/, /CONFIG_OTHER: asked "x" \(cr.config\)/],
  ],
};

for (const [name, [fragments, words]] of Object.entries(lost))
  it(`names a symbol ${name} and the fragment that asked`, () =>
    withLab(async (toy, options) => {
      writeFragments(toy.config, fragments);
      const error = await failureOf(makeImage(options, toy.context));
      assert.equal(error.code, 'config-symbol-lost');
      for (const word of words)
        assert.match([error.what, ...(error.details ?? [])].join('\n'), word);
      assert.match(readFileSync(error.files?.['config'] ?? '', 'utf8'), /^CONFIG_/m);
    }));

it('leaves a symbol of a later patch out of a prefix, and says so', () =>
  withLab(async (toy, options) => {
    writeFragments(toy.config, { cr: 'CONFIG_CHECKPOINT=y\n' });
    const whole = await makeImage(options, toy.context);
    assert.match(readFileSync(whole.config, 'utf8'), /^CONFIG_CHECKPOINT=y$/m);
    const part = await makeImage({ ...options, upto: 0 }, toy.context);
    assert.doesNotMatch(readFileSync(part.config, 'utf8'), /CHECKPOINT/);
    const notes = toy.events.filter((event) => event.type === 'note');
    assert.equal(notes.length, 1);
    assert.ok(notes[0]?.type === 'note' && notes[0].text.includes('CONFIG_CHECKPOINT'));
  }));

it('never leaves one out of a whole series', () =>
  withLab(async (toy, options) => {
    writeFragments(toy.config, { cr: 'CONFIG_LATER=y\n' });
    for (const upto of [undefined, 3]) {
      const error = await failureOf(makeImage({ ...options, upto }, toy.context));
      assert.equal(error.code, 'config-symbol-lost');
    }
  }));

it('refuses a fragment with a line it cannot read, by file and line', () =>
  withLab(async (toy, options) => {
    writeFragments(toy.config, { boot: 'CONFIG_SMP=y\nSMP=n\n' });
    const error = await failureOf(makeImage(options, toy.context));
    assert.match(error.what, /boot.config:2: "SMP=n"/);
  }));

it('throws an image away whose tree was edited while it was built', () =>
  withLab(async (toy, options) => {
    const tree = join(toy.context.home.trees, 'v2.6.30');
    const emit: Toy['context']['emit'] = (event) => {
      if (event.type === 'stage-progress' && event.stage === 'build')
        appendFileSync(join(tree, 'kernel/fork.c'), '\n');
    };
    const error = await failureOf(makeImage(options, { ...toy.context, emit }));
    assert.equal(error.code, 'tree-changed');
    assert.deepEqual(readdirSync(toy.context.home.images), []);
  }));

it('builds anew after a build that was killed', () =>
  withLab(async (toy, options) => {
    await makeImage(options, toy.context);
    const folder = join(toy.context.home.builds, 'v2.6.30');
    writeFileSync(join(folder, '.lab/building'), '999999');
    writeFileSync(join(folder, 'kernel/fork.o'), 'half an obj');
    writeSeries(toy, only('kernel/fork.c', edited('kernel/exit.c', { 3: 'int x;' })));
    toy.events.length = 0;
    await makeImage(options, toy.context);
    assert.equal(compiledIn(toy), 2);
    assert.ok(!existsSync(join(folder, '.lab/building')));
  }));

/** Whether a process runs: one that waits for init to reap it does not. */
function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const slowMakefile = (toyFiles['Makefile'] ?? '').replace(
  '\t@$(CC)',
  () => '\t@sleep 61 & echo $$! > $(O)/begun; wait; $(CC)',
);

it('ends make and its children at an abort, and can build again', () =>
  withLab(
    async (toy, options) => {
      const building = makeImage(options, toy.context);
      const begun = join(toy.context.home.builds, 'v2.6.30/begun');
      while (!existsSync(begun) || readFileSync(begun, 'utf8') === '') await later(20);
      const sleeper = Number(readFileSync(begun, 'utf8'));
      assert.ok(existsSync(`/proc/${sleeper}`) && sleeper > 1);
      const start = performance.now();
      toy.controller.abort(new Error('Ctrl-C'));
      await assert.rejects(building, /Ctrl-C/);
      assert.ok(performance.now() - start < 20_000, 'make was waited for');
      const deadline = performance.now() + 5000;
      while (lives(sleeper) && performance.now() < deadline) await later(20);
      assert.ok(!lives(sleeper), 'its children live on');
      assert.deepEqual(readdirSync(toy.context.home.images), []);
      const signal = new AbortController().signal;
      writeSeries(toy, usualSeries);
      await makeImage(options, { ...toy.context, signal });
    },
    only('Makefile', slowMakefile),
  ));

it('runs the series, not what is in the tree, and says so', () =>
  withLab(async (toy, options) => {
    await makeImage(options, toy.context);
    const tree = join(toy.context.home.trees, 'v2.6.30');
    gitIn(tree, 'commit', '--quiet', '--allow-empty', '-m', 'c/r: mine');
    const image = await makeImage(options, toy.context);
    assert.equal(image.cached, true);
    const warning = toy.events.find((event) => event.type === 'warning');
    assert.ok(warning?.type === 'warning' && warning.text.includes('moved by hand'));
  }));

it('has images and build folders of its own for each compiler, and says which it was', () =>
  withLab(async (toy, options) => {
    const base = { ...options.base, release: '6.1' };
    const { PATH } = process.env;
    const tools = join(toy.folder, 'tools');
    mkdirSync(tools);
    const compile = [
      '#!/bin/sh',
      '[ "$1" != --version ] || { echo clang version 99; exit; }',
      // ccache gives clang a flag that gcc doesn't know.
      'for word; do shift; [ "$word" = -fcolor-diagnostics ] || set -- "$@" "$word"; done',
      'exec gcc "$@"',
    ].join('\n');
    for (const name of clang.commands ?? [])
      writeFileSync(join(tools, name), compile, { mode: 0o755 });
    process.env['PATH'] = `${tools}:${PATH}`;
    try {
      const usual = await makeImage({ ...options, base }, toy.context);
      const other = await makeImage(
        { ...options, base: buildWith(base, { compiler: 'clang' }) },
        toy.context,
      );
      assert.match(usual.compiler, /^gcc .*; GNU ld /);
      assert.equal(other.compiler, 'clang version 99; clang version 99');
      assert.equal(other.cached, false);
      assert.notEqual(other.key, usual.key);
      assert.match(readFileSync(other.buildLog, 'utf8'), /CC=(ccache )?clang .*LLVM=1/);
      assert.deepEqual(readdirSync(toy.context.home.builds).sort(), ['v2.6.30', 'v2.6.30-clang']);
      assert.equal((await makeImage({ ...options, base }, toy.context)).cached, true);
    } finally {
      process.env['PATH'] = PATH;
    }
  }));
