import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../core/errors.ts';
import type { LabEvent } from '../core/events.ts';
import { isGone } from '../core/process-id.ts';
import { plainStyle } from '../core/style.ts';
import { caseTitle } from '../core/text.ts';
import { isRunName } from '../report/folder.ts';
import { progressName } from '../report/progress.ts';
import { drawScreen, emptyScreen, updateScreen, type Screen } from '../report/screen.ts';
import { isRed } from '../results/outcome.ts';

/** A run that has no reports yet, as its own file of progress tells it. */
export interface LiveRun {
  readonly run: string;
  /** Whether its process is no more: it was killed. */
  readonly dead: boolean;
  readonly ended: number;
  readonly planned: number;
  /** What a terminal of 100 columns would show now. */
  readonly lines: readonly string[];
  /** What is red so far, a line each. */
  readonly red: readonly string[];
}

/** Follows the runs of a results folder that have not ended. */
export interface Watch {
  /** Reads what is new, and returns them, the newest first. */
  look(): Promise<readonly LiveRun[]>;
}

/** One run's file, read so far. */
interface Follow {
  position: number;
  rest: string;
  process: string;
  started: number;
  readonly screen: Screen;
  readonly red: string[];
}

/** Columns of the terminal that is drawn. */
const width = 100;

/** Returns what follows the runs of a results folder that have not ended. */
export function watchProgress(root: string): Watch {
  const follows = new Map<string, Follow>();
  let looking: Promise<readonly LiveRun[]> | undefined;
  const look = async (): Promise<readonly LiveRun[]> => {
    const runs = await listLive(root);
    for (const run of follows.keys()) if (!runs.includes(run)) follows.delete(run);
    const live = await Promise.all(
      runs.map(async (run) => {
        const follow = follows.get(run) ?? openFollow();
        follows.set(run, follow);
        await readOn(join(root, run, progressName), follow);
        return describe(run, follow);
      }),
    );
    return live.sort((a, b) => (a.run < b.run ? 1 : -1));
  };
  return {
    // Two at once would read the same lines twice.
    look: () => {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

function openFollow(): Follow {
  return { position: 0, rest: '', process: '', started: 0, screen: emptyScreen(), red: [] };
}

async function listLive(root: string): Promise<string[]> {
  const names = await readdir(root).catch((): string[] => []);
  const live = await Promise.all(
    names.filter(isRunName).map(async (run) => {
      const files = await readdir(join(root, run)).catch((): string[] => []);
      return files.includes(progressName) && !files.includes('results.json') ? [run] : [];
    }),
  );
  return live.flat();
}

/** Takes the lines that have been added; one that is not whole yet waits for its end. */
async function readOn(path: string, follow: Follow): Promise<void> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.max(0, size - follow.position));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, follow.position);
      follow.position += bytesRead;
      // Latin 1 keeps a character that is cut in two until the rest of its line comes.
      const lines = `${follow.rest}${bytes.toString('latin1', 0, bytesRead)}`.split('\n');
      follow.rest = lines.pop() ?? '';
      for (const line of lines) takeLine(Buffer.from(line, 'latin1').toString(), follow);
    } finally {
      await file.close();
    }
  } catch (error) {
    // It has ended meanwhile.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function takeLine(line: string, follow: Follow): void {
  let value: { readonly process?: string } & Partial<LabEvent>;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return;
  }
  if (value.process !== undefined) follow.process = value.process;
  if (value.type === undefined) return;
  const event = value as LabEvent;
  updateScreen(follow.screen, event);
  if (event.type === 'run-started') follow.started = Date.parse(event.time);
  if (event.type === 'case-ended' && isRed(event.result)) {
    const title = caseTitle(event.result, follow.screen.severalBases);
    follow.red.push(`${event.result.verdict} ${title}: ${event.result.reason ?? ''}`);
  }
}

async function describe(run: string, follow: Follow): Promise<LiveRun> {
  const { screen, started, red } = follow;
  const dead = follow.process !== '' && (await isGone(follow.process)) === true;
  const now = Math.max(0, Date.now() - started);
  return {
    ...{ run, dead, ended: screen.ended, planned: screen.totals.planned },
    lines: drawScreen(screen, { now, width, style: plainStyle }),
    red,
  };
}
