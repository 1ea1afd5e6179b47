import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CaseResult } from '../../../harness/core/events.ts';
import { noExtras } from '../../../harness/report/extras.ts';
import { renderHtml } from '../../../harness/report/html.ts';
import { toPast } from '../../../harness/results/history.ts';
import { one, runOfDay } from '../results/past.ts';
import { noBrowser, openPage, type Page } from './browser.ts';
import { caseResult } from './recorded.ts';

const flavours = ['sound by itself', 'saved and thawed', 'killed and restarted'];
const workloads = Array.from({ length: 20 }, (_, index) => `workload-${index + 1}`);
const consoleLines = Array.from({ length: 40 }, (_, index) => `[  2.${index}] c/r: line ${index}`);

/** Returns a suite of each workload in each flavour, and one of names that make no matrix. */
function behaviour(number: number): CaseResult[] {
  const file = `cases/behaviour-${number}.ts`;
  const make = (suite: string, test: string) =>
    caseResult({
      ...{ id: `${file} > ${suite} > ${test}`, file, suite, test },
      console: consoleLines,
    });
  return [
    ...workloads.flatMap((workload) =>
      flavours.map((flavour) => make(`suite ${number}`, `${workload}: ${flavour}`)),
    ),
    ...['alone', 'a: b', 'c: d'].map((test) => make(`others ${number}`, test)),
  ];
}

const perBehaviour = workloads.length * flavours.length + 3;
const cases = Array.from({ length: 20 }, (_, index) => behaviour(index + 1)).flat();
/** In the seventh behaviour, the second workload's second flavour. */
const redPlace = 6 * perBehaviour + 4;
const withRed = cases.map((result, index) =>
  index === redPlace ? { ...result, verdict: 'fail' as const, reason: 'it was EBUSY' } : result,
);

describe('the page of 1260 cases in a browser', { skip: noBrowser }, () => {
  let folder: string;
  let page: Page;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-large-'));
    const past = [1, 2, 3].map((day) => toPast(runOfDay(day, cases)));
    const now = renderHtml(runOfDay(4, withRed), () => true, noExtras, { runs: past });
    await writeFile(join(folder, 'report.html'), now);
    page = await openPage();
  });
  after(async () => {
    await page.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (hash = '', width = 1000) =>
    page.open(`file://${join(folder, 'report.html')}${hash}`, width);
  const ask = (expression: string) => page.evaluate(expression);
  const count = (selector: string) =>
    ask(
      `[...document.querySelectorAll('${selector}')].filter((item) => item.checkVisibility()).length`,
    );
  const hash = () => ask('location.hash');
  const current = () => ask(`document.querySelector('.case.current')?.id`);
  const red = `case-${redPlace + 1}`;
  /** A body is put in by the toggle event, which comes some time after the key that opens it. */
  const filled = () =>
    ask(`new Promise((done) => {
      const each = document.querySelector('.current');
      if (each.querySelector('.log') !== null) done();
      else each.addEventListener('toggle', () => done(), { once: true });
    })`);

  it('begins with what is new, and the red square is in the first matrix', async () => {
    await open();
    const heading = await ask(`document.querySelector('main h2').textContent`);
    assert.equal(heading, 'New since 2026-03-03T12-00-00Z-v2.6.30');
    const news = await ask(`document.querySelector('.news').innerText`);
    assert.match(String(news), /^fail suite 7 > workload-2: saved and thawed\s+pass in 2026-03-03/);
    assert.equal(await count('.news .spark'), 1);
    assert.equal(await count('.sq.fail'), 1);
    const square = await ask(`(() => {
      const cell = document.querySelector('.matrix .sq.fail').closest('td');
      const { rows } = cell.closest('table');
      return [cell.closest('figure').querySelector('figcaption').textContent,
        rows[0].cells[cell.cellIndex].textContent, cell.parentElement.cells[0].textContent,
        document.querySelector('.matrix').contains(cell), rows.length, rows[0].cells.length];
    })()`);
    assert.deepEqual(square, ['suite 7', 'workload-2', 'saved and thawed', true, 4, 21]);
    assert.equal(await count('.matrix'), 20);
    assert.equal(await count('.row'), 20);
  });

  it('leads from the square to the case with its console', async () => {
    await open();
    await ask(`document.querySelector('.sq.fail').click()`);
    await ask(`new Promise((resolve) => setTimeout(resolve))`);
    assert.equal(await current(), red);
    const text = String(await ask(`document.getElementById('${red}').innerText`));
    assert.match(text, /it was EBUSY[^]*line 39/);
  });

  it('has a group a behaviour, open where it is red, and bodies only where asked', async () => {
    await open();
    assert.equal(await count('.group'), 20);
    assert.equal(await count('.group[open]'), 1);
    assert.equal(await ask(`document.querySelectorAll('.body > *').length > 20`), false);
    await open('#console-3');
    assert.match(String(await ask(`document.getElementById('console-3').innerText`)), /Console/);
    const seen = await ask(
      `(() => { const { top } = document.getElementById('console-3').getBoundingClientRect(); return top >= 0 && top < innerHeight; })()`,
    );
    assert.equal(seen, true);
  });

  it('keeps what is looked for in the address', async () => {
    await open();
    const type = (text: string) =>
      ask(
        `(() => { const box = document.querySelector('[name=text]'); box.value = ${JSON.stringify(text)}; box.dispatchEvent(new Event('input', { bubbles: true })); })()`,
      );
    await type('Killed behaviour-9');
    assert.equal(await hash(), '#q=Killed+behaviour-9');
    assert.deepEqual([await count('.case'), await count('.group')], [20, 1]);
    await open(String(await hash()));
    assert.deepEqual([await count('.case'), await count('.group')], [20, 1]);
    await open('#verdict=fail');
    assert.equal(await count('.case'), 1);
    await ask(`document.querySelector('[name=verdict][value=pass]').click()`);
    assert.deepEqual([await count('.group'), await hash()], [20, '#cases']);
    await open(`#q=suite+7&at=${red}`);
    assert.equal(await current(), red);
  });

  it('can be read with keys alone', async () => {
    await open();
    await page.press('r');
    assert.equal(await current(), red);
    await page.press('j');
    assert.equal(await current(), `case-${redPlace + 2}`);
    await page.press('Enter');
    assert.equal(await ask(`document.querySelector('.current').open`), true);
    await filled();
    assert.equal(await count('.current .log'), 1);
    await page.press('Enter');
    assert.equal(await ask(`document.querySelector('.current').open`), false);
    await page.press('k');
    assert.equal(await current(), red);
    await page.press('/');
    for (const key of 'thawed') await page.press(key);
    assert.equal(await hash(), `#q=thawed&at=${red}`);
    assert.equal(await count('.case'), 400);
    await page.press('Escape');
    await page.press('Escape');
    assert.deepEqual([await count('.group'), await count('.case')], [20, perBehaviour]);
    await page.press('?');
    assert.match(
      String(await ask(`document.getElementById('help').innerText`)),
      /the next red case/,
    );
    await page.press('Escape');
    assert.equal(await ask(`document.getElementById('help').open`), false);
  });

  it('fits a phone, and can be read on a dark screen', async () => {
    for (const width of [320, 390]) {
      await open('', width);
      const over = await ask(
        `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
      );
      assert.equal(over, 0);
    }
    for (const scheme of ['dark', 'light'] as const) {
      await page.prefer(scheme);
      await open();
      const contrasts = (await ask(`(() => {
        const channels = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
          const value = part / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        const light = (text) => { const [r, g, b] = channels(text); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const ground = light(getComputedStyle(document.body).backgroundColor);
        return ['body', '.chip.fail', '.chip.pass', '.time', '.chip.slow'].flatMap((name) => {
          const item = document.querySelector(name);
          if (item === null) return [];
          const ink = light(getComputedStyle(item).color);
          return [[name, (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)]];
        });
      })()`)) as [string, number][];
      assert.ok(contrasts.length >= 4);
      // https://www.w3.org/TR/WCAG22/#contrast-minimum
      for (const [name, contrast] of contrasts)
        assert.ok(contrast >= 4.5, `${scheme} ${name}: ${contrast.toFixed(1)}`);
    }
  });

  it('complains of nothing', () => {
    assert.deepEqual(page.complaints(), []);
  });
});

describe('the page of 5000 cases', { skip: noBrowser }, () => {
  // What is measured: processor time of the page's main thread from the navigation until the
  // load event and one frame after it, that is parsing, styling, laying out, painting and the
  // page's script, of a page of 5000 cases with 40 lines of console and a chart each. Time on the
  // clock would measure what else the machine does: a browser of its own needs that much or less.
  const budget = 1000;

  it(`takes less than ${budget} ms to open`, async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-budget-'));
    const many = Array.from({ length: 80 }, (_, index) => behaviour(index + 1)).flat();
    const five = [...many.slice(0, 4998), one('x', { verdict: 'fail' }), one('y')];
    assert.equal(five.length, 5000);
    const past = [1, 2, 3].map((day) => toPast(runOfDay(day, five)));
    const text = renderHtml(runOfDay(4, five), () => true, noExtras, { runs: past });
    await writeFile(join(folder, 'report.html'), text);
    const page = await openPage();
    try {
      // The first page of a browser pays for the browser's own start.
      await page.open('data:text/html,<p>warm', 1000);
      const start = await page.processorTime();
      const clock = performance.now();
      await page.open(`file://${join(folder, 'report.html')}`, 1000);
      await page.evaluate(
        `new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))`,
      );
      const took = (await page.processorTime()) - start;
      test.diagnostic(
        `${took.toFixed(0)} ms of processor time, ${(performance.now() - clock).toFixed(0)} ms on the clock, ${(text.length / 2 ** 20).toFixed(1)} MiB`,
      );
      assert.equal(await page.evaluate(`document.querySelectorAll('.sq').length`), 5000);
      // What the page does not lay out at first is there nevertheless.
      await page.open(`file://${join(folder, 'report.html')}#verdict=pass`, 1000);
      const shown = `document.querySelectorAll('.case:not([hidden])').length`;
      assert.equal(await page.evaluate(shown), 4999);
      assert.ok(took > 0 && took < budget, `${took.toFixed(0)} ms`);
    } finally {
      await page.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
