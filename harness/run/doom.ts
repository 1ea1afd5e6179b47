import type { Finding } from '../core/finding.ts';
import { isDeadly } from '../guest/guest-loss.ts';
import type { LiveGuest } from '../guest/live-guest.ts';

/** What a kernel's last words mean for what the lab still wants of its guest. */
export interface Doom {
  /** Whether the kernel has said that it died of something: nothing is to be undone in it. */
  readonly isSpoken: () => boolean;
  /** Whether the guest answers no more. Of one that is not doomed that is not asked. */
  isGone(): Promise<boolean>;
  /** Returns what work in the guest comes to; undefined as soon as its kernel dies of it. */
  unlessSpoken<T>(work: Promise<T>): Promise<T | undefined>;
}

/**
 * Milliseconds, on an accelerator of factor 1, that a guest gets to answer after an oops. One
 * that lives does at once; the oops may have been in what answers, or with a lock held.
 */
const lastPatience = 1000;

/** Watches a guest from a line of its console on. Complaints that a case `expects` are no doom. */
export function watchForDoom(
  live: LiveGuest,
  from: number,
  expects: (finding: Finding) => boolean,
  factor: number,
): Doom {
  const { console, shim } = live;
  let gone = false;
  const isDoom = (finding: Finding) => isDeadly(finding) && !expects(finding);
  const isSpoken = () => live.watch.findings(from, Infinity).some(isDoom);
  return {
    isSpoken,
    isGone: async () => {
      if (gone || live.ailing()) return true;
      if (!isSpoken()) return false;
      const answer = shim.call(['ping'], { deadline: lastPatience * factor });
      gone = await answer.then(
        () => false,
        () => true,
      );
      return gone;
    },
    unlessSpoken: (work) => {
      let stop: () => void = () => undefined;
      const spoken = new Promise<undefined>((resolve) => {
        stop = console.onFinding((finding) => {
          if (isDoom(finding)) resolve(undefined);
        });
      });
      return Promise.race([work, spoken]).finally(() => stop());
    },
  };
}
