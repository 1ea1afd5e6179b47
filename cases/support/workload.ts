import { assert } from '../../harness/case.ts';
import type { Guest, Subject } from '../../harness/case.ts';

/** A program of rootfs/src/work that is at work. */
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
}

/** Starts a workload in a freezer group of its own and waits until it has set itself up. */
export async function startWorkload(guest: Guest, name: string): Promise<Workload> {
  const folder = await guest.folder();
  const group = `work-${name}`;
  const program = await guest.program(['work', name, folder], { says: /^started /, group });
  await guest.program(['busybox', 'cat', `${folder}/said`], { says: /^ready$/ });
  return { name, program, pid: Number(program.facts['pid']), folder, group };
}

/** Freezes all tasks of a workload and saves them; returns the image's path. */
export async function save(guest: Guest, { pid, group }: Workload): Promise<string> {
  const frozen = await guest.shim('freeze', String(pid), '--group', group);
  assert.is(frozen['state'], 'FROZEN', 'all of its tasks are frozen');
  const result = await guest.checkpoint(pid);
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
  for (const pid of await tasksOf(guest, workload)) await guest.shim('signal', pid, 'KILL');
  await thaw(guest, workload);
  await workload.program.ended();
}

/** Brings a workload back from its image: with other pids, in another group. */
export async function bringBack(
  guest: Guest,
  { name, folder, group }: Workload,
  image: string,
): Promise<Workload> {
  const program = await guest.program(['restart', '--copy-status', image], {
    says: /^restarted /,
    group: `${group}-again`,
  });
  return { name, folder, program, pid: Number(program.facts['pid']), group: `${group}-again` };
}

/** Lets a workload come to its end and asserts that it found nothing wrong. */
export async function endWell(guest: Guest, { folder, program }: Workload): Promise<void> {
  await guest.write(`${folder}/go`, '');
  const { status, signal } = await program.ended();
  const verdict = await textOf(guest, `${folder}/verdict`);
  assert.equal({ verdict, status, signal }, { verdict: 'pass\n', status: 0, signal: null });
}

/**
 * Returns a task's mappings, without the inode numbers of files that have no name any more:
 * those are new after a restart, and nothing can tell.
 */
export async function mappingsOf(guest: Guest, { pid }: Workload): Promise<string> {
  const text = await textOf(guest, `/proc/${pid}/maps`);
  return text.replace(/ \d+(?= +\S* \(deleted\)$)/gm, ' …');
}

async function tasksOf(guest: Guest, { group }: Workload): Promise<string[]> {
  const text = await textOf(guest, `/cgroup/freezer/${group}/tasks`);
  return text.split('\n').filter((line) => line !== '');
}

/** Returns a file's text; nothing if there is none. */
export async function textOf(guest: Guest, path: string): Promise<string> {
  const { exists } = await guest.shim('stat', path);
  return exists === true ? new TextDecoder().decode(await guest.read(path)) : '';
}
