import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'node:test';
import { renderCaseApi } from '../../docs/case-api.ts';

it('docs/case-api.md is what the types make', () => {
  assert.equal(
    readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/case-api.md'), 'utf8'),
    renderCaseApi(),
    'bring it up to date: node --import tsx docs/case-api.ts > docs/case-api.md',
  );
});
