import type { CompilerWarning, Image, Patch, Series } from '../../kernel/base.ts';
import { createBlame } from '../../kernel/tree/blame.ts';
import { isCounted, nameOfPatch } from '../../kernel/series/series.ts';
import type { Finding } from '../core/finding.ts';
import { blameOf, decodeFinding, type SymbolFiles } from '../../qemu/stacks.ts';
import type { Console, RunningMachine } from '../../qemu/contracts.ts';
import { manualCommand } from '../../qemu/machine.ts';
import { qemuCommand } from '../../qemu/program.ts';
import { bootTo, launch, type GuestOptions } from '../guest/boot-guest.ts';
import { watchConsole } from '../guest/console-watch.ts';
import type { Context } from '../core/context.ts';
import { firstOf } from '../core/deadline.ts';
import { isLabError, labError, reportOf, revive, toReport, type LabError } from '../core/errors.ts';
import type { CaseResult } from '../core/events.ts';
import { openGuestShim } from '../guest/guests.ts';
import { symbolsOf } from '../guest/symbols.ts';

/** What a check came to: the part of a case's result that is its own. */
export type CheckEnd = Pick<
  CaseResult,
  'verdict' | 'reason' | 'error' | 'findings' | 'console' | 'guest'
>;

const nothingSaid = { findings: [], console: [] } as const;

/**
 * Returns how a kernel was built: red if the series wrote a line that the compiler warns of.
 * What is in `known` was told of a shorter prefix; what is told now is added to it.
 */
export async function judgeBuild(
  image: Image,
  known: Set<string>,
  context: Context,
): Promise<CheckEnd> {
  // Not by its line: a later patch moves old warnings about.
  const nameOf = ({ file, text }: CompilerWarning): string => `${file}: ${text}`;
  const all = await warningsOfSeries(image, context);
  const warnings = all.filter((warning) => !known.has(nameOf(warning)));
  for (const warning of all) known.add(nameOf(warning));
  if (warnings.length === 0) return { verdict: 'pass', ...nothingSaid };
  const [first] = warnings;
  const count = warnings.length === 1 ? 'a warning' : `${warnings.length} warnings`;
  const error = labError({
    code: 'series-warning',
    fault: 'build',
    doing: `building ${image.base.name}`,
    what: `${count} in lines of the series; the first by ${first?.by ?? ''}`,
    next: 'Repair the lines below: the base has no such warning.',
    details: warnings.map(({ file, line, text, by }) => `${file}:${line}: ${text}, by ${by}`),
  });
  return { verdict: 'fail', reason: error.what, error: reportOf(error), ...nothingSaid };
}

/** Warnings in lines that the user's own patches wrote, each with its patch. */
async function warningsOfSeries(
  { source, series, warnings }: Image,
  context: Context,
): Promise<(CompilerWarning & { readonly by: string })[]> {
  const wrote = await createBlame(source, series, context)(warnings);
  return warnings.flatMap((warning, index) => {
    // What the compiler says of a new file may be at a line of a header that the base has.
    const patch = wrote[index] ?? lastToTouch(series, warning.file);
    if (patch !== undefined && !isCounted(patch)) return [];
    return [{ ...warning, by: patch === undefined ? 'a new file of it' : nameOfPatch(patch) }];
  });
}

function lastToTouch({ patches }: Series, file: string): Patch | undefined {
  return patches.findLast(({ files }) => files.includes(file));
}

/** Returns the result for a kernel that does not build because of a patch. */
export function judgeFailedBuild(error: LabError, culprit: string): CheckEnd {
  const reason = `${culprit} does not build: ${error.what}`;
  return { verdict: 'fail', reason, error: { ...reportOf(error), what: reason }, ...nothingSaid };
}

/** Milliseconds for what a guest should do at once: a marker, its own end. */
const patience = 10_000;

/**
 * Boots a kernel to its SSH server, proves that its console is read, and has it power off.
 * Returns red for a kernel that does not come up, complains or does not end; an error where
 * that is the host's doing.
 */
export async function checkBoot(
  image: Image,
  name: string,
  options: GuestOptions,
  context: Context,
): Promise<CheckEnd> {
  const base = image.base.name;
  const { emit, signal } = context;
  const running = await launch(image, name, undefined, options, context, signal);
  const started = performance.now();
  emit({
    type: 'guest-started',
    guest: name,
    base,
    how: 'booted',
    commandLine: running.argv,
    manual: manualCommand(running.machine, qemuCommand(running.machine.architecture)),
    consoleLog: `${options.folder}/console-${name}.log`,
  });
  let ended = false;
  let thrown: unknown;
  try {
    await bootTo(running, image, options, context);
    const milliseconds = performance.now() - started;
    emit({ type: 'guest-ready', guest: name, base, milliseconds });
    await switchOff(running, options);
    ended = true;
  } catch (error) {
    thrown = error;
  }
  const { status, signal: how } = await running.kill();
  const { console } = running;
  emit({
    type: 'guest-ended',
    guest: name,
    base,
    status,
    signal: how,
    expected: ended,
    consoleLines: console.count,
    scanned: console.scanned,
  });
  signal.throwIfAborted();
  const end = await judgeBoot(running, image, thrown, symbolsOf(image, context));
  for (const finding of end.findings) emit({ type: 'console-finding', guest: name, base, finding });
  return { ...end, guest: name };
}

/** Throws unless the console is known to be read and the guest has ended by itself. */
async function switchOff(running: RunningMachine, options: GuestOptions): Promise<void> {
  const wait = patience * options.factor;
  const shim = await openGuestShim(running, options);
  try {
    const watch = watchConsole(running.console, shim, wait);
    const dead = await watch.proveScan();
    if (dead !== undefined) throw revive(dead);
    // Its answer may not come through any more.
    void shim.call(['poweroff'], { deadline: wait }).catch(() => undefined);
    if ((await firstOf(running.ended, wait)) !== undefined) return;
    throw labError({
      code: 'boot-no-end',
      fault: 'boot',
      doing: `ending the guest ${running.name}`,
      what: `it did not power off within ${Math.round(wait / 1000)} s`,
      next: "Read the console's last lines below: what it says at its end tells what it waits for.",
      details: running.console.lines.slice(-20),
    });
  } finally {
    shim.close();
  }
}

/** What the host may be to blame for. */
const hostsDoing = ['boot-late'];

/**
 * Returns what a boot came to: `thrown` is what kept it from its end, if anything did. A
 * complaint of the kernel comes first, decoded; then a kernel that does not come up or end.
 */
export async function judgeBoot(
  { console }: { readonly console: Pick<Console, 'findings' | 'lines'> },
  image: Pick<Image, 'base'>,
  thrown: unknown,
  symbols: SymbolFiles | undefined,
): Promise<CheckEnd> {
  const own = console.findings.filter(({ line }) => !line.includes('canary '));
  const findings: Finding[] = [];
  for (const finding of own)
    findings.push(finding.fatal ? await decodeFinding(finding, symbols) : finding);
  const seen = { findings, console: console.lines };
  const complaint = findings.find(({ fatal }) => fatal);
  const error = thrown === undefined ? undefined : toReport(thrown, `booting ${image.base.name}`);
  if (complaint !== undefined)
    return {
      verdict: 'fail',
      reason: [`kernel ${complaint.kind}: ${complaint.line}`, blameOf(complaint.stack ?? [])]
        .filter((part) => part !== undefined)
        .join('; '),
      ...(error === undefined ? {} : { error }),
      ...seen,
    };
  if (error === undefined) return { verdict: 'pass', findings, console: [] };
  const kernels =
    isLabError(thrown) &&
    ['boot', 'guest-crash', 'guest-hang'].includes(thrown.fault) &&
    !hostsDoing.includes(thrown.code);
  return { verdict: kernels ? 'fail' : 'error', reason: error.what, error, ...seen };
}
