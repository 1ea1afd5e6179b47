import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sanitizerNames } from '../../../harness/core/base.ts';
import { isLabError } from '../../../harness/core/errors.ts';
import { buildWith } from '../../../kernel/bases/build-with.ts';
import { sanitizers } from '../../../kernel/bases/sanitizers.ts';
import { v2_6_30 } from '../../../kernel/bases/v2.6.30.ts';
import { v6_1 } from '../../../kernel/bases/v6.1.ts';
import { isOwn } from '../../../kernel/build/fragments.ts';

describe('sanitizers', () => {
  it('leave a base as it is where none is named', () => {
    assert.deepEqual(buildWith(v6_1, { sanitizers: [] }), v6_1);
  });

  it('bring their fragment, and a build folder of their own', () => {
    const base = buildWith(v6_1, { sanitizers: ['kasan'] });
    assert.deepEqual(base.config.fragments, ['boot', 'guest', 'debug', 'kasan']);
    assert.equal(base.name, 'v6.1', 'results compare with those without');
    assert.equal(base.builds, 'v6.1-kasan');
    assert.equal(base.guest.memory, 2 * v6_1.guest.memory);
    assert.deepEqual(base.guest.commandLine, [...v6_1.guest.commandLine, 'kasan_multi_shot']);
  });

  it('are the same in any order, and given twice', () => {
    assert.deepEqual(
      buildWith(v6_1, { sanitizers: ['ubsan', 'kasan'] }),
      buildWith(v6_1, { sanitizers: ['kasan', 'ubsan', 'kasan'] }),
    );
  });

  it('that are only booted with share the build', () => {
    const base = buildWith(v2_6_30, { sanitizers: ['slub'] });
    assert.deepEqual(base.config, v2_6_30.config);
    assert.equal(base.builds, v2_6_30.builds);
    assert.ok(base.guest.commandLine.includes('slub_debug=FZPU'));
    assert.ok((base.guest.slower ?? 1) > 1, 'cases get more time');
  });

  it('are refused for a kernel that has them not', () => {
    assert.throws(
      () => buildWith(v2_6_30, { sanitizers: ['kasan'] }),
      (error) =>
        isLabError(error) &&
        error.code === 'sanitizer-unfit' &&
        error.what.startsWith('Linux 2.6.30 has it not'),
    );
  });

  it('have a fragment each that is compiled in, whose name no project can take', () => {
    for (const name of sanitizerNames) {
      assert.equal(isOwn(name), false);
      if (!sanitizers[name].compiled) continue;
      const path = buildWith(v6_1, { sanitizers: [name] }).fragmentFiles?.[name] ?? 'none';
      assert.ok(existsSync(path), path);
    }
  });
});
