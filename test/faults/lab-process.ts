/** A lab on a world, in a process of its own that can be killed; see start-lab.ts. */
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { engineRoot } from '../../harness/core/places.ts';
import { loadProject } from '../../harness/session/load-project.ts';
import type { ProjectCli } from '../../harness/core/project.ts';
import type { LabEventBody } from '../../harness/core/events.ts';
import { runImages } from '../../harness/session/run-images.ts';
import type { RunOptions } from '../../harness/plan/options.ts';
import { prepareGuests } from '../../harness/session/prepare.ts';
import { exitCodeOfThrown, renderThrown } from '../../harness/report/error.ts';
import { runSession } from '../../harness/session/run-session.ts';
import { makeImage } from '../../kernel/image.ts';
import { eventDescriptor, type Moment, type Order } from './order.ts';

const {
  world,
  files,
  moment,
  interrupts = [],
  ports = [],
  tryKvm,
  ...more
} = JSON.parse(process.argv[2] ?? '') as Order;
const root = join(import.meta.dirname, '../..');
const cli: ProjectCli = {
  env: process.env,
  folder: root,
  root,
  stdout: process.stdout,
  stderr: process.stderr,
  command: 'lab',
  status: 0,
  project: await loadProject(engineRoot),
};
const options: RunOptions = {
  files,
  base: world.base.name,
  source: world.source,
  results: world.results,
  command: 'lab',
  grep: undefined,
  upto: undefined,
  tree: false,
  accel: tryKvm === true ? undefined : 'tcg',
  jobs: 1,
  isolate: 'case',
  repeat: 1,
  untilFail: false,
  shard: undefined,
  shuffle: undefined,
  bail: false,
  deadline: undefined,
  affected: false,
  fresh: false,
  debug: true,
  json: false,
  ...more,
};

function tell(event: LabEventBody): void {
  writeSync(eventDescriptor, `${JSON.stringify(event)}\n`);
}

/** Tells its children and ends this process as kill -9 does: nothing of it runs any more. */
function die(): void {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ');
  const children = pids.filter((pid) => pid !== '').map((pid) => [pid, nameOf(pid)] as const);
  tell({ type: 'environment', facts: Object.fromEntries(children) });
  process.kill(process.pid, 'SIGKILL');
}

function interruptSelf(): void {
  process.kill(process.pid, 'SIGINT');
}

function nameOf(pid: string): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}

/** Looks for the moment's file between any two steps of the lab, so that it can't be missed. */
function lookFor(
  { folder, pattern, bytes = 0 }: Extract<Moment, { folder: string }>,
  then: () => void,
): void {
  const wanted = new RegExp(pattern);
  const look = () => {
    const found = list(join(world.folder, folder)).find((name) => wanted.test(name));
    if (found !== undefined && sizeOf(join(world.folder, folder, found)) >= bytes) then();
    else setImmediate(look);
  };
  look();
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    // Not there yet, or gone while it was read.
    return [];
  }
}

if (moment !== undefined && 'folder' in moment) lookFor(moment, die);
for (const interrupt of interrupts) if ('folder' in interrupt) lookFor(interrupt, interruptSelf);

for (const port of ports) {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
}

/** Tells whether an event has all of a moment's values. */
function isIt(wanted: Moment, event: LabEventBody): boolean {
  const values = Object.entries(event) as [string, unknown][];
  return Object.entries(wanted).every(([name, value]) =>
    values.some(([key, found]) => key === name && found === value),
  );
}

const waiting = [...interrupts];
function act(event: LabEventBody): void {
  if (moment !== undefined && isIt(moment, event)) die();
  const [next] = waiting;
  if (next === undefined || !isIt(next, event)) return;
  waiting.shift();
  interruptSelf();
}

try {
  const status = await runSession({
    options,
    cli,
    bases: [world.base.name],
    work: async (run) => {
      const outer = run.context;
      const emit = (event: LabEventBody) => {
        outer.emit(event);
        tell(event);
        act(event);
      };
      const context = { ...outer, emit };
      const { base, source, patches: patchesFolder, config: configFolder } = world;
      const parts = await prepareGuests([world.base], { ...options, programs: [] }, context);
      const image = await makeImage({ base, source, patchesFolder, configFolder }, context);
      const prepared = { ...parts, images: [image], failures: [] };
      return runImages(prepared, { ...run, context });
    },
  });
  process.exit(status);
} catch (error) {
  process.stderr.write(`${renderThrown(error).join('\n')}\n`);
  process.exit(exitCodeOfThrown(error));
}
