import type { Command } from 'commander';
import type { Kept } from '../store/cache-list.ts';
import type { Cli } from '../core/cli-context.ts';
import { findLabHome, type LabHome } from '../core/home.ts';
import { styleFor, type Style } from '../core/style.ts';
import { count, megabytes } from '../core/text.ts';
import { days, wholeNumber } from './parse.ts';

/** Adds `lab cache` and `lab cache prune`. */
export function addCacheCommand(program: Command, cli: Cli): void {
  const cache = program
    .command('cache')
    .description('list what the lab home holds, how much space it takes and when it was last used')
    .option('--all', 'every entry, not only each kind')
    .option('--json', 'print it as JSON')
    .action(async (options: { readonly all?: true; readonly json?: true }) => {
      const home = findLabHome(cli.env);
      const { listKept, measure, otherKinds } = await import('../store/cache-list.ts');
      const kept = await listKept(home);
      const others = await measure(otherKinds.map((kind) => home[kind]));
      const style = styleFor(cli.stdout, cli.env);
      const lines =
        options.json === true
          ? [JSON.stringify({ home: home.root, kept, others: Object.fromEntries(others) }, null, 1)]
          : [
              ...(options.all === true ? kept.map((each) => describe(each, Date.now())) : []),
              ...renderKinds(kept, others, home, Date.now(), style),
            ];
      cli.stdout.write(`${lines.join('\n')}\n`);
    });
  cache
    .command('prune')
    .description('remove what has not been used for long, unless a running lab uses it')
    .option('--older-than <days>', 'what was not used for so long: 30d', days)
    .option('--keep <n>', 'all but the n of each kind that were used last', wholeNumber(0))
    .option('--dry-run', 'say what would go, and remove nothing')
    .action(async (typed: { olderThan?: number; keep?: number; dryRun?: true }) => {
      const { choosePrunable, pruneHome, usualLimits } = await import('../store/cache-prune.ts');
      const { listKept } = await import('../store/cache-list.ts');
      const home = findLabHome(cli.env);
      const { olderThan, keep } = typed;
      const isPlain = olderThan === undefined && keep === undefined;
      const rules = isPlain ? { limits: usualLimits } : { olderThan, keep };
      const gone =
        typed.dryRun === true
          ? choosePrunable(await listKept(home), rules, Date.now())
          : await pruneHome(home, rules);
      const bytes = gone.reduce((sum, each) => sum + each.bytes, 0);
      const verb = typed.dryRun === true ? 'would go' : 'removed';
      const lines = gone.map((each) => describe(each, Date.now()));
      lines.push(`${count(gone.length, 'thing')} ${verb}, ${megabytes(bytes)}`);
      cli.stdout.write(`${lines.join('\n')}\n`);
    });
}

/** Returns the lab home's contents by kind, as lines. */
export function renderKinds(
  kept: readonly Kept[],
  others: ReadonlyMap<string, number>,
  home: LabHome,
  now: number,
  style: Style,
): string[] {
  const kinds = [...new Set(kept.map(({ kind }) => kind))];
  const row = (name: string, bytes: number, words: string) =>
    `  ${name.padEnd(8)} ${megabytes(bytes).padStart(10)}  ${style.dim(words)}`;
  return [
    style.strong(home.root),
    ...kinds.map((kind) => {
      const all = kept.filter((each) => each.kind === kind);
      const bytes = all.reduce((sum, each) => sum + each.bytes, 0);
      const oldest = Math.min(...all.map(({ used }) => used));
      const busy = all.filter((each) => each.busy).length;
      const use = busy === 0 ? '' : `, ${busy} in use`;
      return row(kind, bytes, `${all.length}, not used for ${age(now - oldest)} at most${use}`);
    }),
    ...[...others].map(([path, bytes]) =>
      row(path.slice(home.root.length + 1), bytes, 'not pruned'),
    ),
  ];
}

function describe({ kind, name, bytes, used, busy }: Kept, now: number): string {
  const when = busy ? 'in use' : `used ${age(now - used)} ago`;
  return `${kind.padEnd(8)} ${megabytes(bytes).padStart(10)}  ${name}  ${when}`;
}

/** Returns a time as its two or three digits that matter: `40 min`, `7 h`, `12 days`. */
function age(milliseconds: number): string {
  const minutes = Math.max(0, milliseconds) / 60_000;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  return minutes < 2 * 1440
    ? `${Math.round(minutes / 60)} h`
    : `${Math.round(minutes / 1440)} days`;
}
