import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { renderJson, renderLcov } from '../coverage/render.ts';
import { renderMutantsJson } from '../mutate/render.ts';
import { isRed } from '../results/outcome.ts';
import type { History } from '../results/history.ts';
import type { Results } from '../results/results.ts';
import { noExtras, type Extras } from './extras.ts';
import { renderHtml } from './html.ts';
import { renderJunit } from './junit.ts';
import { keepFile, type KeptFile } from './kept-files.ts';
import { renderTap } from './tap.ts';

/** A report file: what it is called and how it is made. */
interface ReportFile {
  readonly name: string;
  readonly render: (results: Results, folder: string, extras: Extras, history: History) => string;
}

const reportFiles: readonly ReportFile[] = [
  { name: 'results.json', render: (results) => `${JSON.stringify(results, null, 1)}\n` },
  { name: 'junit.xml', render: renderJunit },
  { name: 'results.tap', render: renderTap },
  {
    name: 'report.html',
    render: (results, folder, extras, history) =>
      renderHtml(results, (file) => existsSync(resolve(folder, file)), extras, history),
  },
  { name: 'RERUN', render: renderRerun },
];

/** What a run with coverage has besides. */
const coverageFiles: readonly ReportFile[] = [
  { name: 'coverage.json', render: (_results, _folder, { coverages }) => renderJson(coverages) },
  { name: 'lcov.info', render: (_results, _folder, { coverages }) => renderLcov(coverages) },
];

/** What a run of mutants has. */
const mutantFiles: readonly ReportFile[] = [
  {
    name: 'mutants.json',
    render: (_results, _folder, { mutations }) => renderMutantsJson(mutations),
  },
];

/**
 * Writes a run's reports into its folder and returns what could not be written, in words.
 * One that fails doesn't keep the others from being written.
 */
export async function writeReports(
  results: Results,
  folder: string,
  files: readonly KeptFile[],
  extras: Extras = noExtras,
  history: History = { runs: [] },
): Promise<string[]> {
  const problems: string[] = [];
  const attempt = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  // First what the page links to: it has no link to what isn't there.
  for (const file of files) await attempt(file.name, () => keepFile(file, folder));
  const wanted = [
    ...(extras.coverages.length === 0 ? [] : coverageFiles),
    ...(extras.mutations.length === 0 ? [] : mutantFiles),
    ...reportFiles,
  ];
  for (const { name, render } of wanted)
    await attempt(name, () =>
      writeWhole(join(folder, name), render(results, folder, extras, history)),
    );
  return problems;
}

/** Writes a file that appears under its name only when it is whole. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** What to type to run it again: all of it, and each case that is red. */
function renderRerun(results: Results): string {
  const red = results.cases.filter(isRed);
  return [results.command, ...new Set(red.map(({ rerun }) => rerun)), ''].join('\n');
}
