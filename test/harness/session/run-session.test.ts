import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { labError } from '../../../harness/core/errors.ts';
import type { CaseResult } from '../../../harness/core/events.ts';
import type { ProjectCli } from '../../../harness/core/project.ts';
import type { RunOptions } from '../../../harness/plan/options.ts';
import { resultsSchema, type Results } from '../../../harness/results/results.ts';
import { runSession, type RunPlan } from '../../../harness/session/run-session.ts';
import { caseResult, failed } from '../report/recorded.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lab-session-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function stored(): Promise<Results> {
  return resultsSchema.parse(JSON.parse(await readFile(join(root, 'latest/results.json'), 'utf8')));
}

/** Runs `work` as a run; returns its status and what the screen showed. */
async function session(work: RunPlan['work'], more: Partial<RunOptions> = {}) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  const options = { results: root, json: false, command: 'npm run lab', ...more } as RunOptions;
  const cli = {
    env: { CI: 'true' },
    root,
    stdout: stream,
    stderr: stream,
  } as unknown as ProjectCli;
  const status = await runSession({ options, cli, bases: ['v6.1'], work });
  return { status, text };
}

const totals = { planned: 1, pass: 1, fail: 0, known: 0, skip: 0, error: 0, 'not-run': 0 };
const { id, base, file, suite, test } = caseResult();
const planned = { id, base, file, suite, test };

describe('a run', () => {
  it('has its folder, its reports and its scratch folder, and its own exit status', async () => {
    let scratch = '';
    const { status, text } = await session(
      ({ context, folder }) => {
        scratch = context.scratch;
        assert.ok(existsSync(scratch) && existsSync(folder));
        context.emit({ type: 'cases-planned', cases: [planned] });
        context.emit({ type: 'case-ended', result: caseResult() });
        return Promise.resolve({ totals, exitCode: 0 });
      },
      { shard: { index: 1, of: 2 } },
    );
    assert.equal(status, 0);
    assert.equal(existsSync(scratch), false);
    assert.match(text, /1 case on v6\.1: 1 passed, 0 failed, 0 skipped/);
    const results = await stored();
    assert.equal(results.finished, true);
    assert.deepEqual(results.shard, { index: 1, of: 2 });
    assert.ok(results.environment['node']);
  });

  it('says what is new since the last one, and does not fail for its history', async () => {
    const end = { totals, exitCode: 0 } as const;
    const run = (result: CaseResult, more: Partial<RunOptions> = {}) =>
      session(({ context }) => {
        context.emit({ type: 'cases-planned', cases: [planned] });
        context.emit({ type: 'case-ended', result });
        return Promise.resolve(end);
      }, more);
    const first = await run(caseResult());
    assert.doesNotMatch(first.text, /new since/);
    const red = { ...failed, ...planned };
    const second = await run(red);
    assert.match(second.text, /new since .*\nFAIL {2}.*: pass in .*-v6\.1/);
    assert.doesNotMatch((await run(red)).text, /new since/);
    // Another kind of run is not measured by these.
    assert.doesNotMatch((await run(caseResult(), { upto: '11' })).text, /new since/);
    assert.equal((await stored()).kind, '--upto 11 --no-debug');
    assert.match((await run(caseResult())).text, /\ngreen .*: fail in /);
    await writeFile(join(root, 'history.jsonl'), 'no history\n');
    const lost = await run(caseResult());
    assert.equal(lost.status, 0);
    assert.equal(
      lost.text.match(/warning no history: .*history\.jsonl does not begin/g)?.length,
      1,
    );
  });

  it('that ends in an error keeps what it knows, and has the error’s status', async () => {
    const { status, text } = await session(({ context }) => {
      context.emit({ type: 'cases-planned', cases: [planned, { ...planned, id: 'two' }] });
      context.emit({ type: 'case-ended', result: caseResult() });
      throw labError({
        code: 'source-unavailable',
        fault: 'source',
        doing: 'getting the source',
        what: 'it is nowhere',
        next: 'Name it.',
      });
    });
    assert.equal(status, 2);
    assert.match(
      text,
      /error getting the source\n {2}it is nowhere\n {2}next: Name it\. \[source-unavailable\]/,
    );
    const { cases, missing, error } = await stored();
    assert.deepEqual([cases.length, missing.length, error?.code], [1, 1, 'source-unavailable']);
  });

  it('that broke off after a red case is red', async () => {
    const { status } = await session(({ context }) => {
      context.emit({ type: 'case-ended', result: failed });
      throw labError({
        code: 'git-failed',
        fault: 'infrastructure',
        doing: 'y',
        what: 'z',
        next: 'N.',
      });
    });
    assert.equal(status, 1);
  });

  it('that meets a bug of the lab has its report, and throws the bug on', async () => {
    const bug = new TypeError('undefined is not a function');
    await assert.rejects(
      session(() => Promise.reject(bug)),
      bug,
    );
    assert.equal((await stored()).error?.code, 'bug-in-the-lab');
  });
});

describe('Ctrl-C', () => {
  /** A run that waits for its signal, or for nothing at all. */
  function start(patience: 'orderly' | 'stuck') {
    const folder = join(import.meta.dirname, '../../../harness');
    const script = `
      const { runSession } = await import('${folder}/session/run-session.ts');
      const { openCli } = await import('${folder}/core/cli-context.ts');
      const options = { results: '${root}', json: false, command: 'npm run lab' };
      process.exit(await runSession({ options, cli: openCli([]), bases: ['v6.1'],
        work: ({ context }) => new Promise((resolve, reject) => {
          setInterval(() => undefined, 1000);
          if ('${patience}' === 'orderly')
            context.signal.addEventListener('abort', () => reject(context.signal.reason));
          else context.signal.addEventListener('abort', () => console.log('aborted'));
          console.log('scratch ' + context.scratch);
        }) }));`;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      {
        env: { ...process.env, CI: 'true' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const said = async (words: RegExp) => {
      while (!words.test(text)) await once(child.stdout, 'data');
      return words.exec(text)?.[1] ?? '';
    };
    return { child, said, ended: once(child, 'close') };
  }

  it('once ends the run in order, with a report of what was done', async () => {
    const { child, said, ended } = start('orderly');
    const scratch = await said(/scratch (.*)\n/);
    child.kill('SIGINT');
    const [status] = (await ended) as [number];
    assert.equal(status, 3);
    assert.equal((await stored()).error?.code, 'interrupted');
    assert.equal(existsSync(scratch), false);
  });

  it('twice ends it now, and leaves no scratch folder', async () => {
    const { child, said, ended } = start('stuck');
    const scratch = await said(/scratch (.*)\n/);
    child.kill('SIGINT');
    await said(/aborted/);
    child.kill('SIGINT');
    const [status] = (await ended) as [number];
    assert.equal(status, 130);
    assert.equal(existsSync(scratch), false);
  });
});
