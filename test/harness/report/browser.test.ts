import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findCommand } from '../../../harness/bootstrap/probe.mjs';
import { renderHtml } from '../../../harness/report/html.ts';
import { collect, red } from './recorded.ts';

const browser = findCommand('chromium') ?? findCommand('chromium-browser');

describe('the page in a browser', { skip: browser === undefined && 'no chromium here' }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-page-'));
    await writeFile(join(folder, 'report.html'), renderHtml(collect(red)));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Returns the page as it stands once its script has run. */
  function load(anchor: string): { dom: string; words: string } {
    const ran = spawnSync(
      browser ?? '',
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr'],
        ...[`--user-data-dir=${join(folder, 'profile')}`, '--dump-dom'],
        `file://${join(folder, 'report.html')}${anchor}`,
      ],
      { encoding: 'utf8', timeout: 60_000 },
    );
    assert.equal(ran.status, 0, ran.stderr);
    const words = ran.stderr.split('\n').filter((line) => line.includes('CONSOLE'));
    return { dom: ran.stdout, words: words.join('\n') };
  }

  it('opens the case that a link leads into, so its own script is let run', () => {
    const { dom, words } = load('#console-1');
    assert.match(dom, /<details id="case-1"[^>]* open=""/);
    assert.equal(words, '');
  });

  it('leaves what is green closed otherwise', () => {
    const { dom } = load('');
    assert.doesNotMatch(dom, /<details id="case-1"[^>]* open/);
    assert.match(dom, /<details id="case-2"[^>]* open/);
  });
});
