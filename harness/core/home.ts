import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { labError } from './errors.ts';

/** Where the lab keeps what outlives a run. Every path is absolute. */
export interface LabHome {
  readonly root: string;
  /** Verified sources as they came: packages, archives. */
  readonly sources: string;
  /** One git repository per base, with the series applied on top. */
  readonly trees: string;
  /** Out-of-tree build folders, one per base and configuration. */
  readonly builds: string;
  /** Finished kernel images, by key. */
  readonly images: string;
  /** Built user space, by key. */
  readonly rootfs: string;
  /** The lab's SSH key pairs. */
  readonly keys: string;
  /** Saved states of booted guests, by key. */
  readonly guests: string;
  readonly ccache: string;
  /** Small facts measured once: accelerator, calibration, case durations. */
  readonly facts: string;
}

/**
 * Returns the lab's home: LAB_HOME, else cr-lab under XDG_CACHE_HOME, else under ~/.cache.
 * Creates nothing. Throws `home-unusable` (usage) for a path that a build would stumble over.
 */
export function findLabHome(env: NodeJS.ProcessEnv = process.env): LabHome {
  const cache = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const root = resolve(env['LAB_HOME'] ?? join(cache, 'cr-lab'));
  refuseOdd(root);
  return {
    root,
    sources: join(root, 'sources'),
    trees: join(root, 'trees'),
    builds: join(root, 'builds'),
    images: join(root, 'images'),
    rootfs: join(root, 'rootfs'),
    keys: join(root, 'keys'),
    guests: join(root, 'guests'),
    ccache: join(root, 'ccache'),
    facts: join(root, 'facts'),
  };
}

function refuseOdd(root: string): void {
  const odd = findOdd(root);
  if (odd === undefined) return;
  throw labError({
    code: 'home-unusable',
    fault: 'usage',
    doing: 'looking for the lab home',
    what: `${JSON.stringify(root)} holds ${odd}, which make or QEMU would read as something else`,
    next: 'Set LAB_HOME to a folder whose path is made of letters, digits and /._+@~- only.',
  });
}

/**
 * Returns the name of a character that a folder's path must not have where something is built
 * in it: `a space`. make splits words at blanks and colons and reads the others of the kind in
 * its own way, the shell that it calls reads more, and QEMU ends a file's name at a comma.
 * Kernels refuse such folders too, but only when all before is done.
 */
export function findOdd(path: string): string | undefined {
  const odd = /[^\p{L}\p{M}\p{N}/._+@~-]/u.exec(path)?.[0];
  const names: Readonly<Record<string, string>> = { ' ': 'a space', ':': 'a colon' };
  return odd === undefined ? undefined : (names[odd] ?? JSON.stringify(odd));
}
