import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { renderHtml } from '../../../harness/report/html.ts';
import { noBrowser, openPage, type Page } from './browser.ts';
import {
  baseReady,
  caseResult,
  collect,
  crashed,
  failed,
  hostile,
  recordRun,
  red,
  skipped,
} from './recorded.ts';

/** What tries a narrow page: words without a place to break, and lines that must not break. */
const long = 'x'.repeat(300);
const wide = caseResult({
  ...{ id: 'wide', suite: long, test: `${long} ${hostile}`, verdict: 'fail', reason: long },
  ...{ console: [`${long} ${hostile}`], shim: [long], rerun: long, guest: long },
  assertion: { message: long, diff: `++${long}\n--${long}`, at: long },
  error: { code: long, fault: 'case', doing: long, what: long, next: long, details: [long] },
  findings: [{ kind: 'oops', line: long, lines: [long], index: 0, fatal: true }],
});

describe('the page in a browser', { skip: noBrowser }, () => {
  let folder: string;
  let page: Page;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-page-'));
    await writeFile(join(folder, 'red.html'), renderHtml(collect(red)));
    const all = recordRun(
      [caseResult({ patches: ['c/r: one'] }), failed, skipped, crashed, wide],
      1,
      [baseReady, { type: 'note', text: long }],
    );
    await writeFile(join(folder, 'wide.html'), renderHtml(collect(all)));
    page = await openPage();
  });
  after(async () => {
    await page.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (name: string, width = 1000) => page.open(`file://${join(folder, name)}`, width);
  const shown = () =>
    page.evaluate(
      `[...document.querySelectorAll('.case')].filter((item) => item.checkVisibility()).map((item) => item.id)`,
    );
  const openCases = () =>
    page.evaluate(`[...document.querySelectorAll('.case[open]')].map((item) => item.id)`);

  it('opens what is red, and the case that a link leads into', async () => {
    await open('red.html');
    assert.deepEqual(await openCases(), ['case-2', 'case-4']);
    await open('red.html#console-1');
    assert.deepEqual(await openCases(), ['case-1', 'case-2', 'case-4']);
    const seen = await page.evaluate(
      `(() => { const { top } = document.getElementById('console-1').getBoundingClientRect(); return top >= 0 && top < innerHeight; })()`,
    );
    assert.equal(seen, true);
  });

  it('filters by words and by verdict', async () => {
    await open('red.html');
    assert.deepEqual(await shown(), ['case-1', 'case-2', 'case-3', 'case-4']);
    const type = (text: string) =>
      page.evaluate(
        `(() => { const box = document.querySelector('[name=text]'); box.value = ${JSON.stringify(text)}; box.dispatchEvent(new Event('input', { bubbles: true })); })()`,
      );
    await type('FROZEN');
    assert.deepEqual(await shown(), ['case-2']);
    await type('nothing is called that');
    assert.deepEqual(await shown(), []);
    assert.equal(await page.evaluate(`document.getElementById('none').checkVisibility()`), true);
    await type('');
    await page.evaluate(`document.querySelector('[name=verdict][value=pass]').click()`);
    assert.deepEqual(await shown(), ['case-2', 'case-3', 'case-4']);
  });

  for (const width of [320, 390, 1000]) {
    it(`fits a window of ${width} pixels, whatever a case says`, async () => {
      await open('wide.html', width);
      await page.evaluate(
        `for (const item of document.querySelectorAll('details')) item.open = true`,
      );
      const over = await page.evaluate(
        `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
      );
      assert.equal(over, 0);
    });
  }

  it('draws a bar for each case, as long as the case took', async () => {
    await open('red.html');
    const widths = (await page.evaluate(
      `[...document.querySelectorAll('#timings .chart:last-of-type rect')].map((bar) => bar.getBoundingClientRect().width)`,
    )) as number[];
    assert.equal(widths.length, 4);
    assert.ok(
      widths.every((width) => width > 0 && width === widths[0]),
      widths.join(),
    );
  });

  it('says of each patch how the cases that need it went', async () => {
    await open('wide.html');
    const text = await page.evaluate(`document.querySelector('.series').innerText`);
    assert.match(String(text), /c\/r: one\s+1 green/);
    assert.match(String(text), /c\/r: two\s+no case of this run needs it/);
  });

  it('runs nothing and complains of nothing', async () => {
    assert.equal(await page.evaluate(`document.scripts.length`), 1);
    assert.deepEqual(page.complaints(), []);
  });
});
