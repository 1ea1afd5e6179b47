import type { CaseResult } from '../core/events.ts';
import { badness, isRed, outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { html, type Html } from './html-template.ts';

/** A case and its place among the results, which its anchor is named for. */
interface Placed {
  readonly result: CaseResult;
  readonly number: number;
}

/** A suite whose tests are named `WORKLOAD: FLAVOUR`, each with most of the others. */
interface Matrix {
  readonly workloads: readonly string[];
  readonly flavours: readonly string[];
  readonly cells: ReadonlyMap<string, readonly Placed[]>;
}

/** What two names have between them that make a test's name. */
const separator = ': ';

/** What makes a matrix and no list: so many workloads, flavours, and so much of it filled. */
const least = { workloads: 3, flavours: 2, filled: 0.6 } as const;

/**
 * Returns a square for each case, coloured by its verdict. Suites whose tests are named
 * `WORKLOAD: FLAVOUR` are matrices, the others rows.
 */
export function renderMap(results: Results): Html {
  const suites = [...groupBySuite(results.cases)].map(([key, cases]) => {
    const suite = cases[0]?.result.suite ?? '';
    const red = cases.some(({ result }) => isRed(result));
    return { title: suite === '' ? key : suite, cases, red, matrix: findMatrix(cases) };
  });
  // What is red is not to be looked for further down.
  const sorted = [...suites].sort((a, b) => Number(b.red) - Number(a.red));
  const matrices = sorted.map(({ title, matrix }) =>
    matrix === undefined ? undefined : renderMatrix(title, matrix),
  );
  const rows = sorted.map(({ title, cases, matrix }) =>
    matrix === undefined ? renderRow(title, cases) : undefined,
  );
  return html`<div class="matrices">${matrices}</div>
<div class="rows">${rows}</div>
`;
}

/** Of a case that was run several times, the worst counts. */
function groupBySuite(cases: readonly CaseResult[]): Map<string, Placed[]> {
  const worst = new Map<string, Placed>();
  cases.forEach((result, index) => {
    const key = `${result.base} ${result.id}`;
    const known = worst.get(key)?.result;
    if (known === undefined || badness[outcomeOf(result)] > badness[outcomeOf(known)])
      worst.set(key, { result, number: index + 1 });
  });
  const groups = new Map<string, Placed[]>();
  for (const placed of worst.values()) {
    const { file, suite } = placed.result;
    const key = suite === '' ? file : `${file} > ${suite}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [placed]);
    else group.push(placed);
  }
  return groups;
}

/** Returns a suite as a matrix, or undefined if its names make none. */
function findMatrix(cases: readonly Placed[]): Matrix | undefined {
  const cells = new Map<string, Placed[]>();
  const workloads = new Set<string>();
  const flavours = new Set<string>();
  for (const placed of cases) {
    const { test } = placed.result;
    const at = test.indexOf(separator);
    if (at < 0) return undefined;
    const [workload, flavour] = [test.slice(0, at), test.slice(at + separator.length)];
    workloads.add(workload);
    flavours.add(flavour);
    const key = cellKey(workload, flavour);
    cells.set(key, [...(cells.get(key) ?? []), placed]);
  }
  if (workloads.size < least.workloads || flavours.size < least.flavours) return undefined;
  if (cells.size < least.filled * workloads.size * flavours.size) return undefined;
  return { workloads: [...workloads], flavours: [...flavours], cells };
}

function cellKey(workload: string, flavour: string): string {
  return `${workload}${separator}${flavour}`;
}

/** There are more workloads than flavours: they stand side by side. */
function renderMatrix(title: string, { workloads, flavours, cells }: Matrix): Html {
  const heads = workloads.map((workload) => html`<th scope="col"><span>${workload}</span></th>`);
  const rows = flavours.map((flavour) => {
    const squares = workloads.map((workload) => {
      const cell = cells.get(cellKey(workload, flavour)) ?? [];
      return html`<td>${cell.map(renderSquare)}</td>`;
    });
    return html`<tr><th scope="row">${flavour}</th>${squares}</tr>
`;
  });
  return html`<figure class="matrix"><figcaption>${title}</figcaption><table><tr><td></td>${heads}</tr>
${rows}</table></figure>
`;
}

function renderRow(title: string, cases: readonly Placed[]): Html {
  return html`<div class="row"><span class="name">${title}</span><span class="squares">${cases.map(renderSquare)}</span></div>
`;
}

/** Its name is in the list, where page.js gets it when somebody points at it. */
function renderSquare({ result, number }: Placed): Html {
  return html`<a class="sq ${outcomeOf(result)}" href="#case-${number}" tabindex="-1"></a>`;
}
