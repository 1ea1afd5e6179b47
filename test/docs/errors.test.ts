import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { renderErrors } from '../../docs/errors.ts';
import { errorCodes } from '../../harness/core/error-codes.ts';

const repository = resolve(import.meta.dirname, '../..');
const codes = Object.values(errorCodes).flatMap((group) => Object.keys(group));

describe('docs/errors.md', () => {
  it('is what the list of codes makes', () => {
    assert.equal(
      readFileSync(join(repository, 'docs/errors.md'), 'utf8'),
      renderErrors(),
      'bring it up to date: node --import tsx docs/errors.ts > docs/errors.md',
    );
  });

  it('has each code once, and none that nothing throws', () => {
    assert.deepEqual(
      codes.filter((code, index) => codes.indexOf(code) !== index),
      [],
    );
    const sources = ['harness', 'kernel', 'qemu', 'rootfs', 'cases'].flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('error-codes.ts'))
        .map((name) => readFileSync(join(repository, folder, name), 'utf8')),
    );
    const text = sources.join('\n');
    assert.deepEqual(
      codes.filter((code) => !text.includes(`'${code}'`)),
      [],
    );
  });
});
