import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Command } from 'commander';
import { guestRows } from '../bench/guest-rows.ts';
import { projectRows } from '../bench/project-rows.ts';
import { renderHead, renderRow, renderSpent } from '../bench/render.ts';
import type { Measured, Row } from '../bench/row.ts';
import { fuzzRow, runRows } from '../bench/run-rows.ts';
import { summarise } from '../bench/sample.ts';
import { resolvePath } from '../core/cli-context.ts';
import { defined } from '../core/defined.ts';
import type { ProjectCli } from '../core/project.ts';
import { labError } from '../core/errors.ts';
import type { WhereTimeWent } from '../results/where-time-went.ts';
import { prepare } from '../session/prepare.ts';
import { wholeNumber } from './parse.ts';
import { withBuildOptions } from './patch-options.ts';
import { chooseOne, sourceIn, withOptions, type SeriesOptions } from './series-options.ts';
import { withContext } from '../session/series-session.ts';

interface Typed extends SeriesOptions {
  readonly times: number;
  readonly json?: string;
}

/** Adds `lab bench`. A goal that is missed changes no exit status: it is no test. */
export function addBenchCommand(program: Command, cli: ProjectCli): void {
  const { bench: rules, fuzz } = cli.project;
  const rows = [
    ...guestRows,
    ...projectRows(rules.rows ?? []),
    ...runRows(rules),
    ...(fuzz === undefined ? [] : [fuzzRow]),
  ];
  withBuildOptions(withOptions(program.command('bench')))
    .description('measure what the lab costs here, next to its goals')
    .argument('[rows...]', `what to measure: ${rows.map(({ key }) => key).join(', ')}`)
    .option('--times <n>', 'how many times to measure, for the medians', wholeNumber(1), 5)
    .option('--json <file>', 'write the measurements there as well')
    .action((names: readonly string[], typed: Typed) => bench(rows, names, typed, cli));
}

async function bench(
  rows: readonly Row[],
  names: readonly string[],
  typed: Typed,
  cli: ProjectCli,
): Promise<void> {
  const chosen = names.length === 0 ? rows : names.map((name) => findRow(rows, name));
  const report = await withContext(cli, async (context) => {
    const base = await chooseOne(typed, cli, context);
    const source = sourceIn(typed, cli);
    const choice = {
      source,
      upto: undefined,
      tree: false,
      debug: true,
      accel: undefined,
      programs: cli.project.programs,
    };
    const prepared = await prepare([base], choice, context);
    const { accelerator, images } = prepared;
    const [image] = images;
    if (image === undefined) throw new RangeError(`${base.name} has neither an image nor an error`);
    const place = { base: base.name, accelerator: accelerator.name, host: describeHost() };
    const say = (lines: readonly string[]) => cli.stdout.write(`${lines.join('\n')}\n`);
    say(renderHead(place));
    const measured: Measured[] = [];
    for (const row of chosen) {
      context.emit({ type: 'note', text: `measuring ${row.key}, ${typed.times} times` });
      let spent: WhereTimeWent | undefined;
      const values = await row.measure({
        prepared,
        image,
        context,
        times: typed.times,
        root: cli.root,
        spent: (time) => (spent = time),
      });
      const done = { row, sample: summarise(values), spent };
      // At once: a later row that fails takes nothing away from it.
      say([renderRow(done)]);
      measured.push(done);
    }
    // After the table, which is one.
    say(measured.flatMap(renderSpent));
    return { ...place, measured };
  });
  if (typed.json === undefined) return;
  const { measured, ...where } = report;
  const values = measured.map(({ row: { key, name, unit, goal }, sample, spent }) => ({
    key,
    name,
    unit,
    goal,
    ...sample,
    ...defined({ spent }),
  }));
  const text = JSON.stringify({ ...where, rows: values }, null, 2);
  await writeFile(resolvePath(cli, typed.json), `${text}\n`);
}

function findRow(rows: readonly Row[], name: string): Row {
  const row = rows.find(({ key }) => key === name);
  if (row !== undefined) return row;
  throw labError({
    code: 'bench-row-unknown',
    fault: 'usage',
    doing: 'choosing what to measure',
    what: `there is no row ${name}`,
    next: `There are: ${rows.map(({ key }) => key).join(', ')}.`,
  });
}

function describeHost(): string {
  const [first, ...others] = cpus();
  return `${others.length + 1} x ${first?.model.trim() ?? 'unknown processor'}`;
}
