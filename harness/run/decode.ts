import type { Finding } from '../core/finding.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import type { Observed } from '../results/verdict.ts';

/** Complaints of one case whose stacks are decoded: after the first few they repeat themselves. */
const mostDecoded = 5;

/** Returns what was seen of a case with the stacks of the first complaints decoded. */
export async function decodeObserved(
  observed: Observed,
  { decode }: Pick<LiveGuest, 'decode'>,
): Promise<Observed> {
  const { before, during, after } = observed;
  const chosen = [...before, ...during, ...after]
    .filter(({ fatal }) => fatal)
    .slice(0, mostDecoded);
  if (decode === undefined || chosen.length === 0) return observed;
  const decoded = new Map<Finding, Finding>();
  for (const finding of chosen) decoded.set(finding, await decode(finding));
  const replace = (findings: readonly Finding[]) =>
    findings.map((finding) => decoded.get(finding) ?? finding);
  return {
    ...observed,
    before: replace(before),
    during: replace(during),
    after: replace(after),
  };
}
