import { assert } from '../cr/case.ts';
import type { DiskType, Guest, ProgramOptions, Subject } from '../cr/case.ts';

/** A program of cases/cr/programs/work that is at work. */
export interface Workload {
  readonly name: string;
  /** What says how it ended: itself, or the `restart` that brought it back. */
  readonly program: Subject;
  /** Its root task. */
  readonly pid: number;
  /** The folder it was given; it watches for a file `go` there. */
  readonly folder: string;
  /** The freezer group of all its tasks. */
  readonly group: string;
  /** Whether it knows its tasks by their pids. */
  readonly pids: boolean;
  /** Whose all its tasks are, and who restarts it, if that is not root. */
  readonly user?: number;
  /** Whether its root task is the init of a pid namespace, which is saved as a whole. */
  readonly container: boolean;
}

/** Room for a journal, and for what the workloads of files write. */
const diskKib = 8192;

/** What a workload is to find. */
export interface Manner {
  /** It knows its tasks by their pids. */
  readonly pids?: boolean;
  /** Its folder is on a disk with such a file system; by default it is on a tmpfs. */
  readonly disk?: DiskType;
  /** It runs as that user, with a group of the same number; by default as root. */
  readonly user?: number;
  /** It is the init of a pid namespace of its own, or the only child of such an init. */
  readonly container?: 'init' | 'below';
}

/** Starts a workload in a freezer group of its own and waits until it has set itself up. */
export async function startWorkload(
  guest: Guest,
  name: string,
  { pids = false, disk, user, container }: Manner = {},
): Promise<Workload> {
  const folder = await (disk === undefined ? guest.folder() : guest.disk(disk, diskKib));
  const group = `work-${name}`;
  const below = container === 'below' ? ['--below'] : [];
  const program = await guest.program(['work', ...below, name, folder], {
    says: /^started\b/,
    group,
    newPidNamespace: container !== undefined,
    ...asUser(user),
  });
  const words = ['busybox', 'cat', `${folder}/said`];
  const reader = guest.program(words, { says: /^ready$/ });
  // Nobody would ever open the FIFO of a workload that has ended without a word.
  const early = program.ended().then(({ status, signal }): Subject => {
    assert.unreachable(`${name} ended before it was ready: ${status ?? signal ?? 'unknown how'}`);
    return program;
  });
  for (const either of [reader, early]) either.catch(() => undefined);
  // It ends when the workload has closed the FIFO: what the workload does then is its work.
  await (await Promise.race([reader, early])).ended();
  const known = { name, program, pid: program.pid, folder, group, pids };
  return { ...known, ...(user === undefined ? {} : { user }), container: container !== undefined };
}

/** Returns who does something, if that is not root, and where: not in root's own folder. */
function asUser(user: number | undefined): Pick<ProgramOptions, 'uid' | 'gid' | 'cwd'> {
  return user === undefined ? {} : { uid: user, gid: user, cwd: '/' };
}

/**
 * Freezes all tasks of a workload and has root, or another user, save them; returns the image's
 * path. A container is saved as a whole, all others as a subtree.
 */
export async function save(guest: Guest, workload: Workload, user?: number): Promise<string> {
  await freezeAll(guest, workload);
  const flags = workload.container ? { flags: 0 } : {};
  const result = await guest.checkpoint(workload.pid, { ...flags, ...asUser(user) });
  assert.is(result.errno, null, (await result.image()).error ?? 'no record says why');
  assert.ok(result.path, 'the image is a file');
  return result.path;
}

/** Thaws all tasks of a workload. */
export async function thaw(guest: Guest, { pid }: Workload): Promise<void> {
  await guest.shim('thaw', String(pid));
}

/** Kills all tasks of a frozen workload and waits until they are gone. */
export async function destroy(guest: Guest, workload: Workload): Promise<void> {
  const tasks = await tasksOf(guest, workload);
  for (const pid of tasks) await guest.shim('signal', pid, 'KILL');
  await thaw(guest, workload);
  await workload.program.ended();
  // Some are the guest's init's to reap, and keep their pids until then.
  const { gone } = await guest.shim('gone', ...tasks);
  assert.ok(gone, `the killed tasks ${tasks.join(', ')} are gone`);
}

/** Starts a workload, saves it and kills it; returns it as it was, and its image's path. */
export async function savedWorkload(
  guest: Guest,
  name: string,
  manner?: Manner,
): Promise<{ readonly workload: Workload; readonly image: string }> {
  const workload = await startWorkload(guest, name, manner);
  const image = await save(guest, workload);
  await destroy(guest, workload);
  return { workload, image };
}

/** A container has its own pids, in a namespace of its own. */
function pidsOf({ container, pids }: Workload): readonly string[] {
  if (container) return ['--pidns'];
  return pids ? ['--pids'] : [];
}

/** How a workload is to come back. */
export interface Return {
  /** What `restart` is told of pids; by default what the workload needs. */
  readonly pids?: readonly string[];
  /** Freeze it as soon as it lives. */
  readonly frozen?: boolean;
  /** Who restarts it; by default whose it is. */
  readonly user?: number;
  /** What `restart` is told may differ from the time of the checkpoint. */
  readonly differing?: readonly string[];
}

/** Brings a workload back from its image, in another freezer group. */
export async function bringBack(
  guest: Guest,
  workload: Workload,
  image: string,
  { pids = pidsOf(workload), frozen = false, user = workload.user, differing = [] }: Return = {},
): Promise<Workload> {
  const group = `${workload.group}-again`;
  // Who writes an image keeps it to himself.
  if (user !== undefined) await runShell(guest, `chmod 644 ${image}`);
  const program = await guest.program(['restart', ...pids, ...differing, '--copy-status', image], {
    says: /^restarted /,
    group,
    ...asUser(user),
  });
  const again = { ...workload, program, pid: program.pid, group };
  if (frozen) await freezeAll(guest, again);
  return again;
}

/**
 * Takes what a workload has on disk, and its image, to another guest, as its user would with
 * rsync. Returns the image's path there.
 */
export async function carryOver(
  from: Guest,
  { folder }: Workload,
  image: string,
  to: Guest,
): Promise<string> {
  const [packed, unpacked] = [await from.folder(), await to.folder()];
  await runShell(from, `tar -cf ${packed}/files -C / ${folder.slice(1)}`);
  await to.write(`${unpacked}/files`, await from.read(`${packed}/files`));
  await to.write(`${unpacked}/image`, await from.read(image));
  await runShell(to, `tar -xf ${unpacked}/files -C /`);
  return `${unpacked}/image`;
}

/** Runs a line of shell that must end well and say nothing on its way. */
export async function runShell(guest: Guest, line: string): Promise<void> {
  const words = ['busybox', 'sh', '-c', `${line} 2>&1 && echo done`];
  await (await guest.program(words, { says: /^done$/ })).ended();
}

/** Lets a workload come to its end and asserts that it found nothing wrong. */
export async function endWell(guest: Guest, { folder, program }: Workload): Promise<void> {
  await guest.write(`${folder}/go`, '');
  const { status, signal } = await program.ended();
  const verdict = await textOf(guest, `${folder}/verdict`);
  assert.equal({ verdict, status, signal }, { verdict: 'pass\n', status: 0, signal: null });
}

/** The same, and takes away what would end the next one that comes back from its image. */
export async function endAgain(guest: Guest, workload: Workload): Promise<void> {
  await endWell(guest, workload);
  for (const name of ['go', 'verdict']) await guest.shim('rm', `${workload.folder}/${name}`);
}

/** Freezes all tasks of a workload. */
export async function freezeAll(guest: Guest, { pid, group }: Workload): Promise<void> {
  const frozen = await guest.shim('freeze', String(pid), '--group', group);
  assert.is(frozen['state'], 'FROZEN', 'all of its tasks are frozen');
}

/** Returns the pids of a workload's tasks, threads too, and of the tool that made them. */
export async function tasksOf(guest: Guest, { group }: Workload): Promise<string[]> {
  const text = await textOf(guest, `/cgroup/freezer/${group}/tasks`);
  return text.split('\n').filter((line) => line !== '');
}

/** Reads a group's tasks until there are so many; that they never are is an assertion. */
export async function tasksComeTo(
  guest: Guest,
  workload: Workload,
  count: number,
  what = 'tasks are there',
): Promise<void> {
  let now = await tasksOf(guest, workload);
  for (let tries = 0; now.length !== count && tries < 1000; tries++)
    now = await tasksOf(guest, workload);
  assert.is(now.length, count, `${what}: ${now.join(', ')}`);
}

/** Returns a file's text; nothing if there is none. */
export async function textOf(guest: Guest, path: string): Promise<string> {
  const { exists } = await guest.shim('stat', path);
  return exists === true ? new TextDecoder().decode(await guest.read(path)) : '';
}
