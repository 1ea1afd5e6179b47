import type { Finding, FindingKind } from '../core/finding.ts';

interface Flag {
  readonly value: number;
  readonly says: string;
  /** Whether the kernel itself is ill; else it only tells what runs in it. */
  readonly ill: boolean;
}

/** Documentation/admin-guide/tainted-kernels.rst, and 2.6.30's Documentation/sysctl/kernel.txt. */
const flags: readonly Flag[] = [
  { value: 1, says: 'a module without a free licence', ill: false },
  { value: 2, says: 'a module loaded by force', ill: false },
  { value: 4, says: 'a processor out of its specification', ill: false },
  { value: 8, says: 'a module unloaded by force', ill: false },
  { value: 16, says: 'a machine check', ill: true },
  { value: 32, says: 'a bad page', ill: true },
  { value: 64, says: 'a program asked for it', ill: false },
  { value: 128, says: 'an oops', ill: true },
  { value: 256, says: "an ACPI table of the user's", ill: false },
  { value: 512, says: 'a warning', ill: true },
  { value: 1024, says: 'a staging driver', ill: false },
  { value: 2048, says: 'a workaround for firmware', ill: false },
  { value: 4096, says: 'a module from outside the tree', ill: false },
  { value: 8192, says: 'a module without a signature', ill: false },
  { value: 16384, says: 'a soft lockup', ill: true },
  { value: 32768, says: 'a live patch', ill: false },
  { value: 65536, says: 'an auxiliary flag of the distribution', ill: false },
  { value: 131072, says: 'a random structure layout', ill: false },
  { value: 262144, says: 'a test of the kernel', ill: false },
];

/** Complaints that do not come with a taint. */
const harmless: readonly FindingKind[] = ['notice', 'lab', 'taint'];

/** Tells whether a complaint of that kind explains that the kernel is tainted. */
export function isIllness(kind: FindingKind): boolean {
  return !harmless.includes(kind);
}

/**
 * Returns what to say of a kernel whose /proc/sys/kernel/tainted was `before` and is `now`,
 * or undefined where no flag is new. `index` is the console line up to which that came.
 */
export function describeTaint(before: number, now: number, index: number): Finding | undefined {
  const added = flags.filter(({ value }) => (now & value) !== 0 && (before & value) === 0);
  if (added.length === 0) return undefined;
  const line = `tainted from ${before} to ${now} (${added.map(({ says }) => says).join(', ')})`;
  return { kind: 'taint', line, lines: [line], index, fatal: added.some(({ ill }) => ill) };
}
