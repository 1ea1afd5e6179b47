import { spawnSync } from 'node:child_process';

/** Mounts and networks of their own that end with the process: as root, or as root of a user namespace. */
const unshare = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];

const probe = spawnSync(unshare[0] ?? '', [...unshare.slice(1), '--mount', '--net', 'true']);

/** Why this machine gives a process no mounts of its own, or false; for node:test's `skip`. */
export const noNamespaces =
  probe.status !== 0 &&
  `unshare --mount --net does not work here: ${probe.error?.message ?? probe.stderr.toString().trim()}`;

/** Returns what to put before a command so that some folders are small disks of their own for it. */
export function withSmallDisk(folder: string, kib: number): string[] {
  return withMounts(
    'mkdir -p "$0" && mount -t tmpfs -o size="$1"k small "$0" && shift',
    folder,
    String(kib),
  );
}

/** Returns what to put before a command so that a folder can't be written by it. */
export function withReadOnly(folder: string): string[] {
  return withMounts('mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"', folder);
}

function withMounts(script: string, ...words: readonly string[]): string[] {
  const shell = ['sh', '-c', `${script} && exec "$@"`];
  return [...unshare, '--mount', '--propagation', 'private', ...shell, ...words];
}

/** Returns what to put before a command so that it has a network of its own, prepared by a script. */
export function withNetwork(script: string): string[] {
  return [...unshare, '--net', 'sh', '-c', `${script} && exec "$@"`, 'sh'];
}
