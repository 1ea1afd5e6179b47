import type { Finding } from '../core/finding.ts';
import type { Guest } from '../suite/contracts.ts';
import { labError } from '../core/errors.ts';
import { watchForDoom } from './doom.ts';
import type { CaseArtefact, ErrorReport } from '../core/events.ts';
import type { CaseScope } from '../guest/guest.ts';
import { bidFarewell, closeLiveGuest } from '../guest/guest-life.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import type { RunSettings } from './run-settings.ts';
import { leaveCase } from './leave-case.ts';
import type { Look } from './leave-case.ts';
import { defined } from '../core/defined.ts';

/** A guest of one case, and what the case may do in it. */
interface Other {
  readonly live: LiveGuest;
  readonly scope: CaseScope;
}

/** What the guests that a case has had beside its own have to say to its verdict. */
export interface OthersEnd {
  readonly findings: readonly Finding[];
  readonly leftovers: readonly string[];
  /** Why one of them can't vouch for the case. */
  readonly blind?: ErrorReport;
  readonly console: readonly string[];
  /** What the case was about in them. */
  readonly artefacts: readonly CaseArtefact[];
}

/** The guests that a case asks for beside its own. They live as long as it does. */
export interface OtherGuests {
  /** Opens one and returns its number, from 1. Throws a typed error if it does not come up. */
  open(): Promise<number>;
  readonly guestOf: (number: number) => Guest | undefined;
  readonly all: () => readonly LiveGuest[];
  /** Resolves once one of them is of no more use. */
  readonly lost: Promise<ErrorReport>;
  /** Whether one of their kernels has complained of what the case does not expect. */
  readonly complained: () => boolean;
  /**
   * Ends them all. Those that still answer are first looked at, asked to undo and for their
   * last words.
   */
  close(hung: LiveGuest | undefined, look: Look): Promise<OthersEnd>;
}

export interface OthersOptions {
  /** The guest is to be as fresh as the case's own was. */
  readonly openLive: () => Promise<LiveGuest>;
  readonly scopeOf: (live: LiveGuest, number: number) => CaseScope;
  readonly settings: RunSettings;
}

/** Returns the guests of a case that has none yet beside its own. */
export function createOthers({ openLive, scopeOf, settings }: OthersOptions): OtherGuests {
  const others: Other[] = [];
  const coming = new Set<Promise<unknown>>();
  let closed = false;
  let lose: (error: ErrorReport) => void = () => undefined;
  const lost = new Promise<ErrorReport>((resolve) => (lose = resolve));

  const open = async () => {
    const live = await openLive();
    if (closed) {
      await closeLiveGuest(live, settings);
      throw tooLate();
    }
    const number = others.length + 1;
    others.push({ live, scope: scopeOf(live, number) });
    void live.lost.then(lose);
    return number;
  };
  const close: OtherGuests['close'] = async (hung, look) => {
    closed = true;
    await Promise.allSettled(coming);
    const ends = await Promise.all(others.map((other) => endOther(other, hung, look, settings)));
    const blind = ends.map((end) => end.blind).find((error) => error !== undefined);
    return {
      findings: ends.flatMap(({ findings }) => findings),
      leftovers: ends.flatMap(({ leftovers }) => leftovers),
      console: ends.flatMap((end) => end.console),
      artefacts: ends.flatMap(({ artefacts }) => artefacts),
      ...defined({ blind }),
    };
  };
  return {
    open: () => {
      const opening = open();
      coming.add(opening);
      opening.catch(() => undefined);
      return opening;
    },
    guestOf: (number) => others[number - 1]?.scope.guest,
    all: () => others.map(({ live }) => live),
    lost,
    complained: () => others.some((other) => unexpected(other).some(({ fatal }) => fatal)),
    close,
  };
}

async function endOther(
  other: Other,
  hung: LiveGuest | undefined,
  look: Look,
  settings: RunSettings,
): Promise<OthersEnd> {
  const { live, scope } = other;
  const { name, console } = live;
  const doom = watchForDoom(live, 0, (finding) => isExpected(other, finding), settings.factor);
  const answers = async () => live !== hung && !settings.signal.aborted && !(await doom.isGone());
  const { artefact, leftovers } = await leaveCase(live, scope, { doom, answers, look, settings });
  const blind = (await answers()) ? await bidFarewell(live) : undefined;
  const lost = live.ailing() ? await live.lost : blind;
  await closeLiveGuest(live, settings);
  return {
    findings: unexpected(other),
    leftovers: leftovers.map((leftover) => `${name}: ${leftover}`),
    console: console.since(0).map((line) => `${name}: ${line}`),
    artefacts: artefact === undefined ? [] : [{ ...artefact, path: `${name}: ${artefact.path}` }],
    ...defined({ blind: lost }),
  };
}

function unexpected(other: Other): Finding[] {
  const { watch } = other.live;
  const found = [...watch.findings(0, Infinity), ...watch.takeTaint(0, Infinity)];
  return found.filter((finding) => !isExpected(other, finding));
}

function isExpected({ scope }: Other, { lines }: Finding): boolean {
  return scope.expected.some((pattern) => isOneOf(pattern, lines));
}

/** Whether a pattern that a case has named is about one of a complaint's lines. */
export function isOneOf(pattern: RegExp, lines: readonly string[]): boolean {
  const wanted = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return lines.some((line) => wanted.test(line));
}

function tooLate(): Error {
  return labError({
    code: 'guest-call-too-late',
    fault: 'case',
    doing: 'opening another guest',
    what: 'the case that asked for it has ended',
    next: 'Await everything a case starts.',
  });
}
