import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { it } from 'node:test';
import { architectures, type ArchitectureName } from '../../../harness/core/architectures.ts';
import { findBase } from '../../../kernel/bases.ts';
import { ageOf } from '../../../kernel/bases/ages.ts';
import { onArchitecture, toolchainOf } from '../../../kernel/bases/architecture.ts';
import { buildWith } from '../../../kernel/bases/build-with.ts';
import { v2_6_30 } from '../../../kernel/bases/v2.6.30.ts';
import { v6_1 } from '../../../kernel/bases/v6.1.ts';
import { askedBy, readFragments } from '../../../kernel/build/fragments.ts';

it('is the base itself on its own architecture', () => {
  assert.equal(onArchitecture(v6_1, 'x86_64'), v6_1);
});

it('has the same source and patches, and an image of its own', () => {
  const base = onArchitecture(v6_1, 'arm64');
  assert.equal(base.name, 'v6.1-arm64');
  assert.equal(base.source, v6_1.source);
  assert.match(base.patches ?? '', /patches\/v6\.1$/);
  assert.deepEqual([base.tree, base.builds], ['v6.1', 'v6.1-arm64']);
  assert.equal(base.makeVariables['ARCH'], 'arm64');
  assert.equal(base.makeVariables['CROSS_COMPILE'], 'aarch64-linux-gnu-');
  assert.equal(base.compiler[0], 'aarch64-linux-gnu-gcc');
  assert.deepEqual(base.guest.commandLine, ['console=ttyAMA0', 'panic=-1']);
});

it('leaves out the flags that only x86 has, and no other', () => {
  const flags = (name: 'i386' | 'arm64') => onArchitecture(v2_6_30, name).compiler.slice(1);
  assert.deepEqual(flags('i386'), v2_6_30.compiler.slice(1));
  assert.ok(flags('arm64').every((flag) => !/sse|mmx|80387|cf-protection/.test(flag)));
  assert.ok(flags('arm64').includes('-fstack-reuse=none'));
});

it("keeps a project's fragments after those of the architecture", () => {
  const own = { ...v6_1.config, fragments: [...v6_1.config.fragments, 'mine'] };
  const project = { ...v6_1, config: own, fragmentFiles: { mine: '/mine.config' } };
  const base = onArchitecture(project, 'i386');
  assert.deepEqual(base.config.fragments, ['boot', 'guest', 'debug', 'i386', 'mine']);
  assert.equal(base.fragmentFiles?.['mine'], '/mine.config');
});

it('has fragments, and a later one has the last word', async () => {
  for (const base of [onArchitecture(v6_1, 'i386'), onArchitecture(v2_6_30, 'i386')]) {
    const asked = askedBy(await readFragments(base));
    assert.equal(asked.find(({ symbol }) => symbol === '64BIT')?.value, 'n', base.name);
  }
  for (const path of Object.values(onArchitecture(v6_1, 'arm64').fragmentFiles ?? {}))
    assert.ok(existsSync(path), path);
});

it("has the patches that today's tools need there", () => {
  const names = (architecture: ArchitectureName) =>
    toolchainOf(ageOf('2.6.30', { words: '', seconds: 0 }, architecture)).map((path) =>
      basename(path).slice(0, 4),
    );
  assert.deepEqual(names('x86_64'), ['0001', '0002', '0003', '0004', '0005']);
  assert.deepEqual(names('i386'), ['0001', '0002', '0003', '0004', '0005', '0006', '0007']);
});

it('is found by its name, and built with clang as well', () => {
  const base = findBase('v6.1-arm64');
  assert.equal(base.architecture, 'arm64');
  assert.equal(buildWith(base, { compiler: 'clang' }).makeVariables['LLVM'], '1');
  assert.throws(() => findBase('v6.1-sparc'), { code: 'base-unknown' });
});

it('is in the table under its own name', () => {
  for (const [name, architecture] of Object.entries(architectures))
    assert.equal(architecture.name, name);
});
