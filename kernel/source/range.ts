import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitFailed, gitText } from '../git.ts';
import type { GivenSeries } from '../series/mailed.ts';
import { findRevision, openClone, refuseClone, type Revision } from './revision.ts';
import type { Standing } from './work-tree.ts';

/** A range of a clone: what it starts from, and its commits as patches. */
export interface RangeSeries extends GivenSeries {
  readonly base: Revision;
}

/**
 * Reads `A..B` of a user's clone: A is the base and must be an ancestor of B; `A...B` starts
 * where the two part. Without B it is HEAD. With `standing`, B is what is checked out, and what is
 * not committed yet is the last patch. Nothing is written to the clone, and nothing of it is run.
 * Throws (usage) `range-malformed`, `range-apart`, `range-merges`, `range-empty`, and
 * what findRevision() throws.
 */
export async function readRange(
  place: string,
  range: string,
  scratch: string,
  standing?: Standing,
): Promise<RangeSeries> {
  const gitFolder = await openClone(place);
  const { from, to, dots } = splitRange(place, range);
  const tip = await findRevision(gitFolder, to);
  if (standing !== undefined && tip.commit !== standing.head)
    throw refuseClone(
      place,
      'range-malformed',
      `${to} is not what is checked out in ${standing.folder}`,
      [],
      `Say ${from}.. with --tree: the range ends with what is not committed yet.`,
    );
  const named = await findRevision(gitFolder, from);
  const parting = await git(gitFolder, ['merge-base', named.commit, tip.commit]);
  const common = parting.stdout.trim();
  if (common !== named.commit && dots === 2)
    throw refuseClone(
      place,
      'range-apart',
      `${from} is no ancestor of ${to}: ${common === '' ? 'they have nothing in common' : `they part at ${await nameOf(gitFolder, common)}`}`,
      [],
      common === ''
        ? 'Name a commit that the branch was made from.'
        : `Rebase the branch, or say ${from}...${to}: it starts where the two part.`,
    );
  if (common === '')
    throw refuseClone(place, 'range-apart', `${from} and ${to} have nothing in common`);
  const base = common === named.commit ? named : await findRevision(gitFolder, common);
  await refuseMerges(place, gitFolder, base, tip);
  const last = standing?.revision ?? tip;
  const patches = await formatRange(place, last.gitFolder, base, last, scratch);
  const count = `${patches.length} patch${patches.length === 1 ? '' : 'es'}`;
  return { base, origin: `${place} ${range}: ${count}`, patches, notes: [] };
}

function splitRange(place: string, range: string): { from: string; to: string; dots: 2 | 3 } {
  const [, from = '', dots = '', to = ''] = /^(.+?)(\.{2,3})([^.].*)?$/.exec(range) ?? [];
  if (from !== '' && !from.startsWith('-') && !to.startsWith('-'))
    return { from, to: to === '' ? 'HEAD' : to, dots: dots.length === 3 ? 3 : 2 };
  throw refuseClone(
    place,
    'range-malformed',
    `${range} is no range`,
    [],
    'Say BASE..BRANCH: v6.12..topic.',
  );
}

async function refuseMerges(
  place: string,
  gitFolder: string,
  base: Revision,
  tip: Revision,
): Promise<void> {
  const args = ['log', '--merges', '--format=%h %s', `${base.commit}..${tip.commit}`];
  const merges = (await gitText(gitFolder, args)).split('\n').filter((line) => line !== '');
  if (merges.length === 0) return;
  throw refuseClone(
    place,
    'range-merges',
    `${merges.length} merge${merges.length === 1 ? '' : 's'} between ${base.name} and ${tip.name}: a series is a line of patches`,
    merges.slice(0, 10),
    'Rebase the branch, or name a base after the last merge.',
  );
}

async function nameOf(gitFolder: string, commit: string): Promise<string> {
  return gitText(gitFolder, ['log', '-1', '--format=%h (%s)', commit]);
}

/** The same bytes for the same commits, whatever the clone's own configuration says. */
const form = [
  ...['--quiet', '--zero-commit', '--no-signature', '--full-index', '--binary', '-N', '-M', '-U3'],
  ...['--no-cover-letter', '--no-attach', '--no-thread', '--no-signoff', '--no-notes'],
  ...['--no-to', '--no-cc', '--no-add-header', '--no-from', '--subject-prefix=PATCH'],
  ...['--no-ext-diff', '--no-textconv', '--no-color', '--no-relative', '--submodule=short'],
  ...[
    '--src-prefix=a/',
    '--dst-prefix=b/',
    '--suffix=.patch',
    '--diff-algorithm=myers',
    '--always',
  ],
];
const settings = {
  'format.useAutoBase': 'false',
  'format.pretty': 'email',
  'format.encodeEmailHeaders': 'true',
  'log.showSignature': 'false',
  'log.mailmap': 'false',
  'i18n.logOutputEncoding': 'UTF-8',
};

async function formatRange(
  place: string,
  gitFolder: string,
  base: Revision,
  tip: Revision,
  scratch: string,
): Promise<GivenSeries['patches']> {
  const range = `${base.commit}..${tip.commit}`;
  const log = await gitText(gitFolder, ['log', '--reverse', '--format=%s', range], { settings });
  const subjects = log === '' ? [] : log.split('\n');
  if (subjects.length === 0)
    throw refuseClone(place, 'range-empty', `nothing lies between ${base.name} and ${tip.name}`);
  const folder = await mkdtemp(join(scratch, 'range-'));
  try {
    const args = ['format-patch', '-o', folder, ...form, range];
    const result = await git(gitFolder, args, { settings });
    if (result.status !== 0) throw gitFailed(gitFolder, args, result);
    const files = (await readdir(folder)).sort((a, b) =>
      a.localeCompare(b, 'en', { numeric: true }),
    );
    return await Promise.all(
      files.map(async (file, index) => ({
        file,
        subject: subjects[index] ?? '',
        bytes: await readFile(join(folder, file)),
      })),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
