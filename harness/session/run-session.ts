import { cpus, hostname, release, totalmem } from 'node:os';
import type { Context } from '../core/context.ts';
import { explainDisk, makeFolder } from '../core/disk.ts';
import { exitCodeOf, isLabError, labError, type LabError, toReport } from '../core/errors.ts';
import {
  createStream,
  type Emit,
  type ErrorReport,
  type ProcessorTime,
  type Totals,
} from '../core/events.ts';
import { findLabHome } from '../core/home.ts';
import { findHostShare } from '../core/host-share.ts';
import { ownProcessorTime } from '../core/process-stat.ts';
import { listenForInterrupt } from '../core/interrupt.ts';
import { createStageClock } from '../plan/estimate.ts';
import { kindOf, type RunOptions } from '../plan/options.ts';
import { runsOfProofs } from '../proofs/proofs.ts';
import { makeRunFolder } from '../report/folder.ts';
import { openReport } from '../report/report.ts';
import type { ProjectCli } from '../core/project.ts';
import { makeScratch } from '../core/scratch.ts';
import { defined } from '../core/defined.ts';
import { run } from '../core/run.ts';

/** What a run's stages come to. */
export interface RunEnd {
  readonly totals: Totals;
  readonly exitCode: 0 | 1 | 2 | 3;
}

/** One run of the lab: what was asked for, by whom, and where what comes of it goes. */
export interface Run {
  readonly options: RunOptions;
  readonly cli: ProjectCli;
  readonly context: Context;
  /** Absolute path of its results folder: console logs go there. */
  readonly folder: string;
}

export interface RunPlan {
  readonly options: RunOptions;
  readonly cli: ProjectCli;
  /** The bases' names. */
  readonly bases: readonly string[];
  /** What makes its verdicts and times others than a plain run's; default what the options do. */
  readonly kind?: string;
  readonly work: (run: Run) => Promise<RunEnd>;
}

/**
 * Runs `work` with everything around it: results folder, screen, reports, scratch folder,
 * Ctrl-C. Returns the process's exit status. What `work` throws ends the run with a partial
 * report; only a bug in the lab is thrown on, after that report.
 */
export async function runSession(plan: RunPlan): Promise<0 | 1 | 2 | 3> {
  const { options, cli, bases, kind, work } = plan;
  const time = new Date();
  const folder = await makeRunFolder(options.results, bases, time);
  const { stdout, stderr, env } = cli;
  const report = openReport({
    root: options.results,
    folder,
    json: options.json,
    stdout,
    stderr,
    env,
    provingRuns: () => runsOfProofs(findLabHome(env)),
  });
  const start = performance.now();
  const clock = createStageClock(createStream(report.listeners));
  const { emit } = clock;
  emit({
    type: 'run-started',
    run: folder.run,
    time: time.toISOString(),
    folder: folder.path,
    command: options.command,
    bases,
    ...defined({ shard: options.shard, kind: kind ?? kindOf(options) }),
  });
  emit({ type: 'environment', facts: { ...describeHost(), ...(await describeCommit(cli.root)) } });
  const interrupt = listenForInterrupt(interrupted);
  const scratch = await makeScratch();
  const context: Context = {
    home: findLabHome(env),
    emit,
    signal: interrupt.signal,
    scratch: scratch.path,
  };
  let bug: { readonly error: Error } | undefined;
  try {
    await makeFolder(context.home.root);
    const run: Run = { options, cli, context, folder: folder.path };
    const end = await work(run).finally(() => clock.keep(context.home));
    const processorTime = await measureRun();
    emit({
      type: 'run-ended',
      ...end,
      milliseconds: Math.round(performance.now() - start),
      ...defined({ processorTime }),
    });
  } catch (thrown) {
    const error = explainDisk(thrown) ?? thrown;
    if (!isLabError(error))
      bug = { error: error instanceof Error ? error : new Error(String(error), { cause: error }) };
    endEarly(emit, toReport(error, 'running the lab'), report.results().totals, start);
  } finally {
    interrupt.release();
    await scratch.remove();
  }
  const status = await report.finish();
  if (bug !== undefined) throw bug.error;
  return status;
}

async function measureRun(): Promise<ProcessorTime | undefined> {
  const used = await ownProcessorTime();
  return used && { processors: findHostShare().processors, lab: used.own, children: used.children };
}

function endEarly(emit: Emit, error: ErrorReport, totals: Totals, start: number): void {
  emit({
    type: 'run-ended',
    totals,
    // A red case is the more important news, even where the run broke off after it.
    exitCode: totals.fail > 0 ? 1 : exitCodeOf(error.fault),
    milliseconds: Math.round(performance.now() - start),
    error,
  });
}

function interrupted(name: string): LabError {
  return labError({
    code: 'interrupted',
    fault: 'infrastructure',
    doing: 'running the lab',
    what: name === 'SIGINT' ? 'Ctrl-C' : `the lab got ${name}`,
    next: 'The report holds what was done before. Once more, and the lab ends at once.',
  });
}

function describeHost(): Record<string, string> {
  const processors = cpus();
  const share = findHostShare();
  const most = share.limit.memory;
  return {
    host: hostname(),
    processor: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    memory: `${inGiB(totalmem())} GiB`,
    // What affinity and cgroups leave of it; the rest is others'.
    ...(share.processors < processors.length ? { 'processors to use': `${share.processors}` } : {}),
    ...(most === undefined || most >= totalmem() ? {} : { 'memory to use': `${inGiB(most)} GiB` }),
    system: `Linux ${release()}`,
    node: process.versions.node,
  };
}

function inGiB(bytes: number): number {
  return Math.round((bytes / 2 ** 30) * 10) / 10;
}

/** Digits of a commit that a history of this size needs: git's own choice for Linux. */
const digits = 12;

/**
 * Returns which commit of the repository a run is of, as a fact about it: series, cases and lab
 * are all there. Nothing where it is no git repository, or git is missing.
 */
async function describeCommit(root: string): Promise<Readonly<Record<string, string>>> {
  try {
    const head = await run('git', ['-C', root, 'rev-parse', `--short=${digits}`, 'HEAD']);
    if (head.status !== 0) return {};
    const changed = await run('git', ['-C', root, 'status', '--porcelain']);
    const note = changed.stdout === '' ? '' : ' with changes that are not committed';
    return { commit: `${head.stdout.trim()}${note}` };
  } catch (error) {
    if (isLabError(error)) return {};
    throw error;
  }
}
