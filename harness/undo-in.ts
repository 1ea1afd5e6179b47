import type { ScopedGuest } from './guest.ts';
import type { LiveGuest } from './live-guest.ts';
import type { RunSettings } from './run-settings.ts';

/**
 * Takes back what a case has made in a guest; what it still has under way goes first. Returns
 * what could not be undone.
 */
export async function undoIn(
  live: LiveGuest,
  { unwind }: Pick<ScopedGuest, 'unwind'>,
  { patience }: RunSettings,
): Promise<readonly string[]> {
  const { shim } = live.handle.session;
  const stuck = await shim.cancelAll(patience).catch((error: unknown) => [String(error)]);
  return [...stuck.map((call) => `still under way: ${call}`), ...(await unwind())];
}
