import type { Doom } from './doom.ts';
import type { CaseArtefact } from '../core/events.ts';
import type { CaseScope } from '../guest/guest.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import type { RunSettings } from './run-settings.ts';

/** Returns the artefact a case was about in a guest, if anybody is to see it. Throws nothing. */
export type Look = (live: LiveGuest, scope: CaseScope) => Promise<CaseArtefact | undefined>;

/** How a guest is left in which a case has ended. */
export interface Leaving {
  readonly doom: Doom;
  /** Whether the guest can still be asked. */
  readonly answers: () => Promise<boolean>;
  readonly look: Look;
  /** Is let in before anything is undone, if the guest answers. */
  readonly visit?: () => Promise<void>;
  readonly settings: RunSettings;
}

/** What a case leaves in a guest. */
export interface Left {
  readonly artefact: CaseArtefact | undefined;
  /** What could not be undone, and why. */
  readonly leftovers: readonly string[];
}

/**
 * Looks at the artefact that a case was about in a guest, lets a visitor in, then takes back what it
 * has made there: nothing, once its kernel has died. Throws what the visitor throws.
 */
export async function leaveCase(
  live: LiveGuest,
  scope: CaseScope,
  { doom, answers, look, visit, settings }: Leaving,
): Promise<Left> {
  const artefact = (await answers()) ? await look(live, scope) : undefined;
  if (visit !== undefined && (await answers())) await visit();
  if (doom.isSpoken() || !(await answers())) return { artefact, leftovers: [] };
  const leftovers = await doom.unlessSpoken(undoIn(live, scope, settings));
  return { artefact, leftovers: leftovers ?? [] };
}

/** Takes back what a case has made in a guest; what it still has under way goes first. */
async function undoIn(
  { shim }: LiveGuest,
  scope: CaseScope,
  { patience }: RunSettings,
): Promise<readonly string[]> {
  const stuck = await shim.cancelAll(patience).catch((error: unknown) => [String(error)]);
  return [...stuck.map((call) => `still under way: ${call}`), ...(await scope.unwind())];
}
