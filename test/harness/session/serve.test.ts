import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { get, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { findSelf } from '../../../harness/core/process-id.ts';
import { renderHtml } from '../../../harness/report/html.ts';
import { progressName, writeProgress } from '../../../harness/report/progress.ts';
import type { LiveRun } from '../../../harness/session/live-runs.ts';
import { serveResults, type Serving } from '../../../harness/session/serve.ts';
import { noBrowser, openPage } from '../report/browser.ts';
import { failed, hostile, recordRun, red } from '../report/recorded.ts';
import { one, passes, runOfDay } from '../results/past.ts';

const kept = runOfDay(1, [...passes({ a: 5 }), one(hostile.replace('\ud800', ''))]);
const live = '2026-03-02T00-00-00Z-v2.6.30';
let outside: string;
let root: string;
let serving: Serving;

before(async () => {
  outside = await mkdtemp(join(tmpdir(), 'lab-serve-'));
  root = join(outside, 'results');
  const folder = join(root, kept.run);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'results.json'), JSON.stringify(kept));
  await writeFile(join(folder, 'report.html'), renderHtml(kept));
  await writeFile(join(folder, 'v2.6.30-1-console.log'), '<script>alert(1)</script>');
  await writeFile(join(outside, 'secret'), 'the secret');
  await writeFile(join(root, 'secret'), 'the secret');
  await symlink(join(outside, 'secret'), join(folder, 'link.log'));
  await symlink(outside, join(root, '2026-03-03T00-00-00Z-away'));
  await symlink(kept.run, join(root, 'latest'));
  serving = await serveResults(root, 0);
});
after(async () => {
  await serving.close();
  await rm(outside, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Asks as it stands: a client's own tidying of paths would hide what is tried. */
async function ask(path: string, options: object = {}): Promise<Answer> {
  const { port } = new URL(serving.address);
  const asking = request({ host: '127.0.0.1', port, path, agent: false, ...options });
  asking.end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return {
    ...{ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text },
  };
}

describe('a served results folder', () => {
  it('lists its runs, their history and each case, hostile names as text', async () => {
    const runs = await ask('/');
    assert.equal(runs.status, 200);
    assert.match(runs.text, new RegExp(`href="/runs/${kept.run}/report.html">`));
    const name = new URLSearchParams({ case: `v2.6.30 ${kept.cases[1]?.id ?? ''}` }).toString();
    const history = await ask(`/history?${name}`);
    assert.equal(history.status, 200);
    assert.doesNotMatch(history.text, /<script>alert/);
    assert.match(history.text, /&lt;script&gt;alert\(1\)/);
    assert.equal((await ask('/history')).status, 200);
    assert.equal((await ask('/history?case=nothing')).status, 404);
  });

  it("gives a run's files, a console as text", async () => {
    const report = await ask(`/runs/${kept.run}/report.html`);
    assert.deepEqual([report.status, report.type], [200, 'text/html; charset=utf-8']);
    const log = await ask(`/runs/latest/v2.6.30-1-console.log`);
    assert.deepEqual(log, {
      ...{ status: 200, type: 'text/plain; charset=utf-8', text: '<script>alert(1)</script>' },
    });
  });

  it('gives nothing that is not in a run’s folder', async () => {
    const run = `/runs/${kept.run}`;
    for (const path of [
      '/runs/../secret',
      `${run}/../secret`,
      `${run}/../../secret`,
      `${run}/%2e%2e/secret`,
      `${run}/..%2fsecret`,
      `${run}/%2e%2e%2f%2e%2e%2fsecret`,
      `${run}/..%5csecret`,
      `${run}//etc/passwd`,
      `${run}/link.log`,
      `${run}/%00`,
      `${run}/%`,
      `${run}/`,
      run,
      '/runs/secret/x',
      '/runs/2026-03-03T00-00-00Z-away/secret',
      '/runs/latest/../secret',
      '/secret',
      '/history.jsonl',
      '//etc/passwd',
    ]) {
      const { status, text } = await ask(path);
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /the secret|root:/, path);
    }
  });

  it('answers this machine only, by its own name only, and changes nothing', async () => {
    const { port } = new URL(serving.address);
    assert.equal((await ask('/', { headers: { host: `evil.example:${port}` } })).status, 403);
    assert.equal((await ask('/', { method: 'POST' })).status, 405);
    const others = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) {
      const socket = connect(Number(port), address);
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNREFUSED');
    }
  });

  it('refuses a port that is taken', async () => {
    const { port } = new URL(serving.address);
    await assert.rejects(
      serveResults(root, Number(port)),
      (error: unknown) => isLabError(error) && error.code === 'serve-port',
    );
  });

  it('tells what goes on now, by the run’s own file, until it ends or is killed', async () => {
    const folder = join(root, live);
    await mkdir(folder);
    const events = recordRun([one('a'), failed, one('b')], 1);
    const upToCase = events.findIndex(({ type }) => type === 'case-ended') + 3;
    const progress = writeProgress(folder);
    for (const event of events.slice(0, upToCase)) progress.listener(event);
    const [response] = (await once(
      get(`${serving.address}live`, { agent: false }),
      'response',
    )) as [IncomingMessage];
    assert.equal(response.headers['content-type'], 'text/event-stream');
    let text = '';
    const heard = async (wanted: (runs: readonly LiveRun[]) => boolean) => {
      for await (const chunk of response.iterator({ destroyOnReturn: false })) {
        text += String(chunk);
        const last =
          text
            .split('\n\n')
            .at(-2)
            ?.replace(/^data: /, '') ?? '[]';
        const runs = JSON.parse(last) as LiveRun[];
        if (wanted(runs)) return runs;
      }
      throw new Error('it ended');
    };
    const [run] = await heard((runs) => runs.length === 1);
    assert.deepEqual([run?.run, run?.ended, run?.planned, run?.dead], [live, 2, 3, false]);
    assert.match(run?.red[0] ?? '', /^fail not frozen > EBUSY for a running task: Expected/);
    assert.match(run?.lines.join('\n') ?? '', /2 of 3 cases, 1 passed, 1 failed/);
    for (const event of events.slice(upToCase)) progress.listener(event);
    await heard(([now]) => now?.ended === 3);
    await progress.remove();
    await heard((runs) => runs.length === 0);
    // A word of a process that is no more, and a line that is not whole.
    const gone = (await findSelf())?.replace(/\d+$/, '1') ?? '';
    await writeFile(join(folder, progressName), `${JSON.stringify({ process: gone })}\n{"ty`);
    const [dead] = await heard((runs) => runs.length === 1);
    assert.equal(dead?.dead, true);
    await appendFile(join(folder, progressName), `pe":"note"}\n`);
    response.destroy();
  });

  it('is drawn by a browser, what goes on as well', { skip: noBrowser }, async () => {
    const folder = join(root, '2026-03-04T00-00-00Z-v2.6.30');
    await mkdir(folder);
    const progress = writeProgress(folder);
    for (const event of red.slice(0, -2)) progress.listener(event);
    const page = await openPage();
    try {
      await page.open(serving.address, 390);
      const shown = await page.evaluate(`new Promise((resolve) => {
        const look = () => document.querySelector('#live progress') !== null;
        const seen = () => resolve(document.getElementById('live').innerText);
        if (look()) return seen();
        new MutationObserver(() => look() && seen()).observe(document.getElementById('live'), { childList: true });
      })`);
      assert.match(String(shown), /2026-03-04T00-00-00Z-v2\.6\.30 goes on[^]*4 of 4 cases/);
      await page.evaluate(`document.querySelector('ul a').click()`);
      assert.deepEqual(page.complaints(), []);
    } finally {
      await page.close();
      await progress.remove();
    }
  });
});
