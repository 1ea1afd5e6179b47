/**
 * Returns why a test can't run here, for node:test's `skip`, or false where it can. Where
 * LAB_REQUIRE_EXTRAS=1 promises that everything only tests want is installed, throws instead:
 * a test that is skipped there would be missed by nobody.
 */
export function lackOf(isMissing: boolean, reason: string): string | false {
  if (!isMissing) return false;
  if (process.env['LAB_REQUIRE_EXTRAS'] === '1')
    throw new Error(`LAB_REQUIRE_EXTRAS=1 is set, but ${reason}`);
  return reason;
}
