import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { escapeHtml, html } from '../../../harness/report/html-template.ts';
import { renderHtml } from '../../../harness/report/html.ts';
import { caseResult, collect, green, hostile, recordRun, red } from './recorded.ts';

describe('the template', () => {
  it('escapes text wherever it stands, and markup nowhere', () => {
    const inner = html`<b>${'<i>'}</b>`;
    assert.equal(
      html`<p title="${'"><script>'}">${inner}${['&', inner]}${1}${undefined}</p>`.markup,
      '<p title="&quot;&gt;&lt;script&gt;"><b>&lt;i&gt;</b>&amp;<b>&lt;i&gt;</b>1</p>',
    );
  });

  it('takes an object that looks like text for text', () => {
    assert.equal(escapeHtml("<a href='x'>&amp;"), '&lt;a href=&#39;x&#39;&gt;&amp;amp;');
  });

  it('drops what HTML forbids', () => {
    assert.equal(escapeHtml('a\u0000b\u0007c\ud800d\u0085e\tf'), 'abcde\tf');
  });
});

describe('the page', () => {
  const page = renderHtml(collect(red));

  it('needs no other file, and lets a browser run nothing but its own script', () => {
    assert.doesNotMatch(page, /<(link|img|iframe)\b|<script src|url\(|@import/);
    assert.match(page, /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;/);
    assert.equal(page.match(/<script/g)?.length, 1);
    assert.equal(page.match(/<style/g)?.length, 1);
    assert.doesNotMatch(page, / style="| on[a-z]+="/);
  });

  it('names its own style and script by their hashes', () => {
    for (const name of ['style', 'script']) {
      const [, text = ''] = new RegExp(`<${name}>([^]*)</${name}>`).exec(page) ?? [];
      const hash = createHash('sha256').update(text).digest('base64');
      assert.ok(page.includes(`${name}-src &#39;sha256-${hash}&#39;`), name);
    }
  });

  it('shows what a guest printed as text', () => {
    assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; &quot;quoted&quot;/);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(page, /[\u0000-\u0008\u000b-\u001f\u007f]/);
  });

  it('escapes hostile text in every field that can hold it', () => {
    const everywhere = caseResult({
      base: hostile,
      file: hostile,
      suite: hostile,
      test: hostile,
      verdict: 'fail',
      reason: hostile,
      guest: hostile,
      rerun: hostile,
      known: hostile,
      shim: [hostile],
      console: [hostile],
      assertion: { message: hostile, diff: hostile, at: hostile },
      error: { code: hostile, fault: 'case', doing: hostile, what: hostile, next: hostile },
      findings: [{ kind: 'oops', line: hostile, lines: [hostile], index: 0, fatal: true }],
    });
    const full = renderHtml(collect(recordRun([everywhere], 1, [{ type: 'note', text: hostile }])));
    assert.equal(full.match(/<script/g)?.length, 1);
    assert.doesNotMatch(full, /="[^"]*<script/);
  });

  it('has an anchor per case and its console, and opens what is red', () => {
    assert.match(
      page,
      /<details id="case-1" class="case" data-verdict="pass" data-base="v2\.6\.30">/,
    );
    assert.match(page, /<details id="case-2" [^>]* open>/);
    assert.match(page, /<h4 id="console-2">/);
    assert.match(page, /<a href="#case-2">/);
  });

  it('links to the files that are there', () => {
    const file = 'v2.6.30-1-console.log';
    const ask = (isThere: boolean) =>
      renderHtml(collect(green), (asked) => isThere && asked === file);
    assert.match(ask(true), new RegExp(`<a href="${file}">console</a>`));
    assert.doesNotMatch(ask(false), /href="[^#]/);
    assert.match(ask(false), /console \(not in this folder\)/);
  });

  it('says at the top how it went', () => {
    assert.match(page, /<h1>Red: v2\.6\.30<\/h1>/);
    assert.match(renderHtml(collect(green)), /<h1>Green: v2\.6\.30<\/h1>/);
    assert.match(renderHtml(collect(green.slice(0, 4))), /<h1>Error: [^]*The run broke off/);
  });
});
