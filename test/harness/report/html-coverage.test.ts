import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Coverage } from '../../../harness/core/coverage.ts';
import { countFiles } from '../../../harness/coverage/coverage.ts';
import { renderCoverages } from '../../../harness/report/html-coverage.ts';
import { html } from '../../../harness/report/html-template.ts';
import type { Results } from '../../../harness/results/results.ts';

it('says beside a line why no case runs it, and which reasons are wrong', () => {
  const reason = { kind: 'race', reason: 'it <blinks>' } as const;
  const lines = [
    { line: 1, text: 'hit();', hits: 2, cases: [] },
    { line: 2, text: 'miss();', hits: 0, cases: [] },
    { line: 3, text: 'told();', hits: 0, cases: [], reason },
  ];
  const row = { file: 'a.c', function: 'g', ...reason };
  const coverage: Coverage = {
    ...{ base: 'toy', cases: [], stale: [{ row, why: 'there is no such function' }] },
    ...countFiles([{ path: 'a.c', lines, functions: [] }], []),
  };
  const page = String(
    renderCoverages([coverage], { cases: [] } as unknown as Results, (_, words) => html`${words}`)
      ?.markup,
  );
  assert.match(page, /<tr class="miss">.*miss\(\);<\/td>/);
  assert.match(page, /<tr class="miss told">.*told\(\);<span class="why">race: it &lt;blinks&gt;</);
  assert.match(page, /33\.3 %, 1 of 3 lines; not run for a reason: 1, without one: 1/);
  assert.match(page, /<li>a\.c, g\(\): there is no such function<\/li>/);
});
