import type { Command } from 'commander';
import type { ProjectCli } from '../core/project.ts';
import { findLabHome } from '../core/home.ts';
import { styleFor, type Style } from '../core/style.ts';
import type { ArchitectureReport, CompilerReport, DoctorReport } from '../session/doctor.ts';

/** Adds `lab doctor`. */
export function addDoctorCommand(program: Command, cli: ProjectCli): void {
  program
    .command('doctor')
    .description('list what the lab needs, what is installed, and what it can do here')
    .option('--json', 'print it as JSON')
    .option('--source-of <base>', "say only whether that base's source is available")
    .action(async ({ json, sourceOf }: { readonly json?: true; readonly sourceOf?: string }) => {
      if (sourceOf !== undefined) {
        const { examineSource } = await import('../session/doctor.ts');
        const { why, whyNot } = await examineSource(
          sourceOf,
          findLabHome(cli.env),
          cli.project.bases,
        );
        cli.stdout.write(`${why ?? whyNot}\n`);
        cli.status = why === undefined ? 3 : 0;
        return;
      }
      const { examine } = await import('../session/doctor.ts');
      const report = await examine(findLabHome(cli.env), cli.project.bases);
      const text =
        json === true
          ? JSON.stringify(report, null, 1)
          : renderDoctor(report, styleFor(cli.stdout, cli.env)).join('\n');
      cli.stdout.write(`${text}\n`);
      cli.status = report.able ? 0 : 3;
    });
}

/** Returns a report as lines. */
export function renderDoctor(report: DoctorReport, style: Style): string[] {
  const widest = Math.max(...report.tools.map(({ name }) => name.length));
  const tools = report.tools.map(({ name, found, version, why }) => {
    const mark = found ? style.good('found  ') : style.bad('missing');
    return `  ${mark}  ${name.padEnd(widest)}  ${(version ?? '').padEnd(12)}  ${style.dim(why)}`;
  });
  const { accelerator } = report;
  return [
    style.strong('Tools'),
    ...tools,
    ...(report.install.length === 0
      ? []
      : [
          '',
          `  ${style.strong('to install what is missing:')}`,
          ...report.install.map((line) => `    ${line}`),
        ]),
    '',
    style.strong('Compilers'),
    ...report.compilers.map((compiler) => `  ${describeCompiler(compiler, style)}`),
    '',
    style.strong('Architectures'),
    ...report.architectures.map((each) => `  ${describeArchitecture(each, style)}`),
    '',
    style.strong('Accelerator'),
    accelerator.name === undefined
      ? `  ${style.bad('none')}  ${accelerator.reason}`
      : `  ${style.good(accelerator.name)}  ${accelerator.reason}`,
    '',
    style.strong('Bases'),
    ...report.bases.map(({ name, able, why }) => {
      const mark = able ? style.good('can be built') : style.bad('cannot be built');
      return `  ${name.padEnd(8)}  ${mark}: ${why}`;
    }),
    '',
    style.strong('Machine'),
    `  ${report.share.processors} processors and ${report.share.memory} MiB of memory to use`,
    ...report.obstacles.flatMap(({ what, next, stops }) => [
      `  ${stops ? style.bad('in the way') : style.warn('beware')}  ${what}`,
      `    ${next}`,
    ]),
    '',
    `Cache in ${report.home}`,
  ];
}

/** One that is not there is nothing bad: a run takes the base's own. */
function describeArchitecture({ name, found, install }: ArchitectureReport, style: Style): string {
  const option = name === 'x86_64' ? '' : `  with --arch ${name}`;
  if (found) return `${name.padEnd(7)} ${style.good('can be had')}${option}`;
  const how = install.length === 0 ? 'its compiler by hand' : install.join(', or ');
  return `${name.padEnd(7)} ${style.dim('missing   ')}${option}; to install what it needs: ${how}`;
}

/** One that is not there is nothing bad: a run takes gcc. */
function describeCompiler({ name, found, version, bases, install }: CompilerReport, style: Style) {
  const option = name === 'gcc' ? '' : `, with --compiler ${name}`;
  const mark = found ? style.good((version ?? 'found').padEnd(8)) : style.dim('missing ');
  const how = install.length === 0 ? '' : `; to install it: ${install.join(', or ')}`;
  return `${name.padEnd(5)}  ${mark}  for ${bases.join(', ')}${option}${how}`;
}
