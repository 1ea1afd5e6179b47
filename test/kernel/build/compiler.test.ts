import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Base } from '../../../kernel/base.ts';
import { bases } from '../../../kernel/bases.ts';
import { buildWith } from '../../../kernel/bases/build-with.ts';
import {
  buildEnvironment,
  identifyCompiler,
  requireTools,
} from '../../../kernel/build/compiler.ts';
import { failureOf, toyBase, withToy } from '../toy.ts';

const newer: Base = { ...toyBase, name: 'v6.1', release: '6.1' };

it('builds in an environment of its own, whatever the caller has set', () =>
  withToy(({ context }) => {
    const wild = { PATH: '/bin', KCFLAGS: '-O0', LLVM: '1', CPATH: '/wild', LC_ALL: 'de_DE' };
    const { PATH, ...rest } = buildEnvironment(toyBase, context, '/pinned', wild);
    assert.equal(PATH, '/pinned:/bin');
    const tame = buildEnvironment(toyBase, context, '/pinned', { PATH: '/bin' });
    assert.deepEqual(rest, Object.fromEntries(Object.entries(tame).filter(([k]) => k !== 'PATH')));
    assert.equal(rest['LC_ALL'], 'C');
    assert.equal(rest['CCACHE_DIR'], context.home.ccache);
    return Promise.resolve();
  }));

it('names the language of every compiler of a kernel that is older than C99', () => {
  const [old] = bases.filter(({ name }) => name === 'v2.6.30');
  for (const command of [old?.compiler, old?.hostCompiler])
    assert.ok(command?.includes('-std=gnu89'), command?.join(' '));
});

it('names all that is missing of clang, and the command that installs it, before work begins', () =>
  withToy(async ({ folder }) => {
    const { PATH } = process.env;
    process.env['PATH'] = folder;
    try {
      requireTools(newer);
      const error = await failureOf(identifyCompiler(buildWith(newer, { compiler: 'clang' })));
      assert.deepEqual([error.code, error.fault], ['tool-missing', 'infrastructure']);
      assert.match(error.what, /^clang, ld\.lld, llvm-ar, .*llvm-strip are not on PATH$/);
      assert.match(error.next, /install.* clang lld llvm/);
    } finally {
      process.env['PATH'] = PATH;
    }
  }));

it('asks clang for nothing that only gcc knows', () => {
  const [modern] = bases.filter(({ name }) => name === 'v6.1');
  assert.ok(modern);
  const flagsOf = ({ makeVariables }: Base) =>
    Object.keys(makeVariables).filter((name) => name.startsWith('CFLAGS_'));
  assert.equal(flagsOf(modern).length, 3);
  assert.deepEqual(flagsOf(buildWith(modern, { compiler: 'clang' })), []);
});
