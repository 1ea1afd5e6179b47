/**
 * The process case files run in, apart from the lab so that a case in an endless loop, or
 * one that ends its process, costs that case alone. Started by startHost() of host.ts.
 */
import { finishSuite, runCase, startSuite } from './case-run.ts';
import type { RunningSuite, Surroundings } from './case-run.ts';
import { importCode } from '../core/import-code.ts';
import { createHostCalls } from './host-calls.ts';
import type { CaseFile, CaseOutcome, Failure, FromHost, ToHost } from './host-protocol.ts';
import { listBroken, listSuites } from './listing.ts';
import type { Listing } from './listing.ts';
import { takeRegistered } from './registry.ts';
import type { RegisteredSuite } from './registry.ts';
import { describeThrown } from './thrown.ts';

interface ImportedFile {
  readonly suites: readonly RegisteredSuite[];
  readonly listing: Listing;
}

const root = process.argv[2] ?? process.cwd();
const imported = new Map<string, ImportedFile>();
const calls = createHostCalls((call) => send({ type: 'call', ...call }));
const surroundings: Surroundings = { ...calls, root };
let strays: Failure[] = [];
let running: RunningSuite | undefined;
let busy = false;

function send(message: FromHost): void {
  // A lab that has gone before this process was up is told of by no event: an error of its
  // channel would be heard of here, and sent, for ever.
  if (!process.connected) process.exit(0);
  process.send?.(message, undefined, undefined, (error) => {
    if (error !== null) process.exit(0);
  });
}

async function importFile({ name, path }: CaseFile): Promise<ImportedFile> {
  const known = imported.get(path);
  if (known !== undefined) return known;
  const file = await importFresh(name, path);
  imported.set(path, file);
  return file;
}

async function importFresh(name: string, path: string): Promise<ImportedFile> {
  takeRegistered();
  try {
    await importCode(path);
    const suites = takeRegistered();
    return { suites, listing: listSuites(name, suites) };
  } catch (error) {
    takeRegistered();
    return { suites: [], listing: listBroken(name, describeImportError(error)) };
  }
}

function describeImportError(error: unknown): string {
  const { message, error: report } = describeThrown(error, 'case', root);
  const place = report?.details?.find((line) => line.includes(root))?.trim();
  return place === undefined ? message : `${message} (${place})`;
}

async function list(files: readonly CaseFile[]): Promise<void> {
  const listings: Listing[] = [];
  for (const file of files) listings.push((await importFile(file)).listing);
  const cases = listings.flatMap((listing) => listing.cases);
  const mistakes = listings.flatMap((listing) => listing.mistakes);
  send({ type: 'listed', listing: { cases, mistakes } });
}

async function run(file: CaseFile, suiteName: string, test: string): Promise<void> {
  const outcome = await tryRun(file, suiteName, test).catch((error: unknown) => ({
    failures: [describeThrown(error, 'case', root)],
  }));
  const failures = [...outcome.failures, ...takeStrays()];
  send({ type: 'ended', outcome: { ...outcome, failures } });
}

async function tryRun(file: CaseFile, suiteName: string, test: string): Promise<CaseOutcome> {
  const { suites } = await importFile(file);
  const suite = suites.find((candidate) => candidate.name === suiteName);
  if (suite === undefined) throw new Error(`${file.name} has no suite "${suiteName}"`);
  if (running?.suite !== suite) running = await startSuite(suite, surroundings);
  return runCase(running, test, surroundings);
}

async function finish(): Promise<void> {
  const failures = running === undefined ? [] : await finishSuite(running, surroundings);
  running = undefined;
  send({ type: 'finished', failures: [...failures, ...takeStrays()] });
}

function takeStrays(): Failure[] {
  const taken = strays;
  strays = [];
  return taken;
}

function keepStray(thrown: unknown): void {
  const failure = describeThrown(thrown, 'stray', root);
  if (busy) strays.push(failure);
  else send({ type: 'stray', failure });
}

async function handle(message: ToHost): Promise<void> {
  switch (message.type) {
    case 'list':
      return work(() => list(message.files));
    case 'run':
      return work(() => run(message.file, message.suite, message.test));
    case 'finish':
      return work(finish);
    case 'answer':
      calls.settle(message.call, message.answer);
      return;
    case 'console':
      calls.addLines(message.guest, message.lines);
      return;
  }
}

async function work(task: () => Promise<void>): Promise<void> {
  busy = true;
  await task();
  busy = false;
}

process.on('message', (message: ToHost) => void handle(message));
process.on('unhandledRejection', keepStray);
process.on('uncaughtException', keepStray);
// The lab is gone: whatever a case is doing here is of no use to anyone.
process.on('disconnect', () => process.exit(0));
send({ type: 'ready' });
