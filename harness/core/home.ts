import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

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
 * Creates nothing.
 */
export function findLabHome(env: NodeJS.ProcessEnv = process.env): LabHome {
  const cache = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const root = resolve(env['LAB_HOME'] ?? join(cache, 'cr-lab'));
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
