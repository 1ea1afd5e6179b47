import type { CpioEntry } from './cpio.ts';
import type { LabKeys } from './keys.ts';

const folders = [
  'bin',
  'cgroup',
  'dev',
  'etc',
  'etc/dropbear',
  'home',
  'proc',
  'root',
  'root/.ssh',
  'sbin',
  'sys',
  'tmp',
  'var',
  'var/log',
] as const;

// Documentation/admin-guide/devices.txt of the kernel.
const devices = [
  ['console', 5, 1, 0o600],
  ['full', 1, 7, 0o666],
  // What programs write to /dev/kmsg goes through init: see init.c.
  ['lab-kmsg', 1, 11, 0o600],
  ['null', 1, 3, 0o666],
  ['ptmx', 5, 2, 0o666],
  ['random', 1, 8, 0o666],
  ['tty', 5, 0, 0o666],
  ['ttyS0', 4, 64, 0o600],
  ['ttyS1', 4, 65, 0o600],
  ['urandom', 1, 9, 0o666],
  ['zero', 1, 5, 0o666],
] as const;

const texts = {
  'etc/group': 'root:x:0:\ntty:x:5:\nlab:x:1000:\nother:x:1001:\n',
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\n' +
    'lab:x:1000:1000:lab:/tmp:/bin/sh\n' +
    'other:x:1001:1001:other:/tmp:/bin/sh\n',
  'etc/shells': '/bin/sh\n',
} as const;

/** A program's place in the guest and its bytes. */
export interface GuestProgram {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Returns what the guest finds under its root: see rootfs/README.md. */
export function layOut(
  programs: readonly GuestProgram[],
  applets: readonly string[],
  keys: LabKeys,
): readonly CpioEntry[] {
  const places = new Map([
    ['init', 'init'],
    ['dropbear', 'sbin/dropbear'],
  ]);
  const taken = new Set(programs.map(({ name }) => name));
  return [
    ...folders.map((name) => ({
      kind: 'folder' as const,
      name,
      mode: name.startsWith('root') ? 0o700 : name === 'tmp' ? 0o1777 : 0o755,
    })),
    ...devices.map(([name, major, minor, mode]) => ({
      kind: 'device' as const,
      name: `dev/${name}`,
      major,
      minor,
      mode,
    })),
    ...Object.entries(texts).map(([name, data]) => ({ kind: 'file' as const, name, data })),
    ...programs.map(({ name, data }) => ({
      kind: 'file' as const,
      name: places.get(name) ?? `bin/${name}`,
      data,
      mode: 0o755,
    })),
    ...applets
      .filter((name) => !taken.has(name))
      .map((name) => ({ kind: 'link' as const, name: `bin/${name}`, target: 'busybox' })),
    { kind: 'file', name: 'etc/dropbear/host_key', data: keys.hostPrivateKey, mode: 0o600 },
    { kind: 'file', name: 'root/.ssh/authorized_keys', data: keys.clientPublicKey, mode: 0o600 },
  ];
}
