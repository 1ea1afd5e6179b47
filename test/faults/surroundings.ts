import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Mounts and networks of their own that end with the process: as root, or as root of a user namespace. */
const unshare = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];

const probe = spawnSync(unshare[0] ?? '', [...unshare.slice(1), '--mount', '--net', 'true']);

/** Why this machine gives a process no mounts of its own, or false; for node:test's `skip`. */
export const noNamespaces =
  probe.status !== 0 &&
  `unshare --mount --net does not work here: ${probe.error?.message ?? probe.stderr.toString().trim()}`;

/** Returns what to put before a command so that a folder is a small disk of its own for it. */
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

/** Returns what to put before a command so that a folder is a file system of its own for it. */
export function withMounted(folder: string, type: string, options: string): string[] {
  return withMounts('mount -t "$1" -o "$2" own "$0" && shift 2', folder, type, options);
}

function withMounts(script: string, ...words: readonly string[]): string[] {
  const shell = ['sh', '-c', `${script} && exec "$@"`];
  return [...unshare, '--mount', '--propagation', 'private', ...shell, ...words];
}

// SIOCSIFFLAGS with IFF_UP, in the words of perl: not every machine has ip(8).
const upLo = `perl -e 'socket(S, 2, 2, 0); $r = pack("a16s", "lo", 1); ioctl(S, 0x8914, $r) or die $!'`;

/** Returns what to put before a command so that it has a network of its own, prepared by a script. */
export function withNetwork(script: string): string[] {
  return [...unshare, '--net', 'sh', '-c', `${upLo} && ${script} && exec "$@"`, 'sh'];
}

const node = process.getuid?.() === 0 && existsSync('/dev/kvm');

/** Why no device can be kept from a process here, or false; for node:test's `skip`. */
export const noDevices =
  noNamespaces || (!node && 'to keep a lab from /dev/kvm wants root and a /dev/kvm');

/**
 * Returns what to put before a command so that a device is another user's for it, and it has
 * not root's leave to open it all the same. `scratch` is where the other node may be made.
 */
export function withDevice(device: string, scratch: string): string[] {
  const may = ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override'];
  const script = 'mknod -m 660 "$1" c 10 232 && chown 1:1 "$1" && mount --bind "$1" "$0" && shift';
  return [...withMounts(script, device, scratch), ...may];
}
