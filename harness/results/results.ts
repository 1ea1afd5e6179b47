import { z } from 'zod';
import { findingKinds } from '../core/finding.ts';
import { stages } from '../core/events.ts';

/** Raised whenever a reader of the old form would misread the new one. */
export const resultsVersion = 1;

const milliseconds = z.number().nonnegative().describe('milliseconds');

const errorReport = z
  .object({
    code: z.string().describe('stable, kebab-case'),
    fault: z
      .enum([
        'usage',
        'source',
        'patch',
        'config',
        'build',
        'boot',
        'kernel',
        'guest-crash',
        'guest-hang',
        'case',
        'infrastructure',
      ])
      .describe('where the fault lies'),
    doing: z.string().describe('what was being done'),
    what: z.string().describe('to what, and what went wrong'),
    next: z.string().describe('what the reader can do'),
    details: z.array(z.string()).readonly().exactOptional().describe('evidence'),
  })
  .readonly();

const frame = z
  .object({
    function: z.string(),
    offset: z.int().exactOptional().describe('bytes from its start; none: inlined in the next'),
    file: z.string().exactOptional(),
    line: z.int().exactOptional(),
    patch: z.string().exactOptional().describe('the patch that wrote that line'),
    reliable: z.boolean().describe('false: found on the stack, maybe long ago'),
  })
  .readonly();

const finding = z
  .object({
    kind: z.enum(findingKinds),
    line: z.string().describe('the line that gave it away'),
    lines: z.array(z.string()).readonly().describe('that line and what belongs to it'),
    index: z.int().describe("line number in the guest's console, from 0"),
    fatal: z.boolean().describe('whether it turns a case red'),
    stack: z.array(frame).readonly().exactOptional().describe('decoded, innermost first'),
  })
  .readonly();

/** What names a case, planned or run. */
const caseName = {
  id: z.string().describe('file > suite > test; unique per base'),
  base: z.string(),
  file: z.string(),
  suite: z.string(),
  test: z.string(),
  headline: z.string().exactOptional().describe('what of the project it is the headline of'),
};

const plannedCase = z
  .object({
    ...caseName,
    expected: milliseconds.exactOptional().describe('its last duration, milliseconds'),
  })
  .readonly();

const caseArtefact = z
  .object({
    name: z.string().describe('what the project calls it: image'),
    path: z.string().describe('where it stood in the guest; of another guest with its name'),
    lines: z.array(z.string()).readonly().describe('its tree, and where it breaks'),
    file: z.string().exactOptional().describe('its bytes, in the run’s folder'),
  })
  .readonly();

const caseResult = z
  .object({
    ...caseName,
    verdict: z
      .enum(['pass', 'fail', 'skip', 'error', 'not-run'])
      .describe(
        'fail is the kernel’s, error the lab’s or the machine’s; not-run is left out by --bail',
      ),
    milliseconds,
    reason: z.string().exactOptional(),
    assertion: z
      .object({
        message: z.string(),
        operator: z.string().exactOptional(),
        expected: z.string().exactOptional(),
        actual: z.string().exactOptional(),
        diff: z.string().exactOptional(),
        at: z.string().exactOptional().describe('file:line:column'),
      })
      .readonly()
      .exactOptional(),
    error: errorReport.exactOptional(),
    findings: z.array(finding).readonly().describe('what the kernel complained of meanwhile'),
    console: z.array(z.string()).readonly().describe('console lines between its markers'),
    shim: z.array(z.string()).readonly().describe('the shim’s answers, newest last'),
    artefact: caseArtefact
      .exactOptional()
      .describe('what it wrote or read last of the project’s kind'),
    otherArtefacts: z
      .array(caseArtefact)
      .readonly()
      .exactOptional()
      .describe('those of the guests it had beside its own'),
    rerun: z.string().describe('what to type to run it alone'),
    look: z.array(z.string()).readonly().exactOptional().describe('what to type to look closer'),
    patches: z.array(z.string()).readonly().exactOptional().describe('those it needs: subjects'),
    guest: z.string().exactOptional(),
    attempt: z.object({ number: z.int(), of: z.int() }).readonly().exactOptional(),
    known: z
      .string()
      .exactOptional()
      .describe('why this failure was expected: it turns nothing red'),
    provenIn: z
      .string()
      .exactOptional()
      .describe('the earlier run that it passed in, if it was not run in this one'),
  })
  .readonly();

const stageResult = z
  .object({
    stage: z.enum(stages),
    base: z.string().exactOptional(),
    what: z.string(),
    cached: z.boolean(),
    start: milliseconds.describe('since the run began'),
    milliseconds,
    error: errorReport.exactOptional(),
  })
  .readonly();

const guestResult = z
  .object({
    name: z.string(),
    base: z.string(),
    how: z.enum(['booted', 'restored']),
    commandLine: z.array(z.string()).readonly(),
    manual: z.string().exactOptional().describe('what to type to boot the same by hand'),
    consoleLog: z.string().describe('relative to the run’s folder where it lies in it'),
    start: milliseconds.describe('since the run began'),
    ready: milliseconds.exactOptional().describe('from its start until it answered'),
    end: milliseconds.exactOptional().describe('since the run began'),
    status: z.int().nullable().exactOptional(),
    signal: z.string().nullable().exactOptional(),
    expected: z.boolean().exactOptional().describe('whether its end was the lab’s doing'),
    consoleLines: z.int().exactOptional(),
    scanned: z.int().exactOptional().describe('lines the console scan has looked at'),
    processor: milliseconds.exactOptional().describe('processor time of its QEMU'),
    findings: z.array(finding).readonly().describe('complaints outside any case'),
  })
  .readonly();

const baseReport = z
  .object({
    base: z.string(),
    version: z.string(),
    sourceId: z.string(),
    origin: z.string(),
    series: z
      .array(
        z
          .object({
            number: z.int(),
            subject: z.string(),
            file: z.string(),
            warnings: z
              .int()
              .exactOptional()
              .describe('of the compiler, in lines of the series in files it touches'),
          })
          .readonly(),
      )
      .readonly(),
    compiler: z
      .string()
      .exactOptional()
      .describe('the compiler and the linker that built the kernel, in their own words'),
    imageKey: z.string(),
    rootfsKey: z.string(),
    kernelWarnings: z.int().describe('compiler warnings in lines that the series wrote'),
  })
  .readonly();

const kernelSize = z.object({ text: z.int(), data: z.int(), bss: z.int() }).readonly();
const ids = z.array(z.string()).readonly();

const against = z
  .object({
    base: z.string(),
    fixed: ids.describe('cases that fail without the series and pass with it'),
    broken: ids.describe('cases that pass without it and fail with it'),
    stillRed: ids.describe('cases that fail on both'),
    fresh: ids.describe('cases that need one of its patches'),
    complaints: z
      .array(z.object({ id: z.string(), line: z.string() }).readonly())
      .readonly()
      .describe('what the kernel complained of only with it'),
    slower: z
      .array(z.object({ id: z.string(), before: milliseconds, after: milliseconds }).readonly())
      .readonly(),
    unjudged: ids.describe('cases that could not be judged on one of the two'),
    size: z
      .object({ before: kernelSize, after: kernelSize })
      .readonly()
      .describe('of the kernel in memory, bytes'),
  })
  .readonly();

/** What results.json holds: all that a run said, in one value. */
export const resultsSchema = z
  .object({
    version: z.literal(resultsVersion),
    run: z.string().describe('the run’s name: its folder under results/'),
    time: z.string().describe('when it began, ISO 8601, UTC'),
    command: z.string().describe('what to type to run it again'),
    bases: z.array(z.string()).readonly(),
    shard: z.object({ index: z.int(), of: z.int() }).readonly().exactOptional(),
    kind: z
      .string()
      .exactOptional()
      .describe('the options that change what a verdict means: --upto 11; none of a plain run'),
    parts: z.array(z.string()).readonly().exactOptional().describe('the runs it was merged of'),
    finished: z.boolean().describe('false: the lab was killed or broke off'),
    exitCode: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
    milliseconds,
    processorTime: z
      .object({
        processors: z.int().describe('that the run might have used'),
        lab: milliseconds.describe('of the lab’s own process'),
        children: milliseconds.describe('of all that it started, guests included'),
      })
      .readonly()
      .exactOptional()
      .describe('what the run has used of them'),
    totals: z
      .object({
        planned: z.int(),
        pass: z.int(),
        fail: z.int().describe('those that were not expected'),
        known: z.int().default(0).describe('failures that were expected'),
        skip: z.int(),
        error: z.int(),
        'not-run': z.int().default(0).describe('left out by --bail'),
      })
      .readonly(),
    error: errorReport.exactOptional().describe('what ended the run early'),
    against: z
      .array(against)
      .readonly()
      .exactOptional()
      .describe('what the series changed, where --against was asked for'),
    environment: z.record(z.string(), z.string()).readonly(),
    accelerator: z
      .object({
        name: z.string(),
        reason: z.string(),
        factor: z.number().describe('what deadlines are multiplied by'),
      })
      .readonly()
      .exactOptional(),
    notes: z.array(z.string()).readonly(),
    warnings: z.array(z.string()).readonly(),
    baseReports: z.array(baseReport).readonly(),
    stages: z.array(stageResult).readonly(),
    guests: z.array(guestResult).readonly(),
    cases: z.array(caseResult).readonly(),
    missing: z.array(plannedCase).readonly().describe('planned, and never heard of again'),
  })
  .readonly();

export type Results = z.infer<typeof resultsSchema>;
export type StageResult = z.infer<typeof stageResult>;
export type GuestResult = z.infer<typeof guestResult>;

/** Returns the JSON Schema of results.json, as docs/results.schema.json has it. */
export function resultsJsonSchema(): string {
  const schema = z.toJSONSchema(resultsSchema, { io: 'output' });
  return `${JSON.stringify({ title: 'cr-lab results', ...schema }, null, 2)}\n`;
}
