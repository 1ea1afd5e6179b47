import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { z } from 'zod';
import type { Image } from '../../kernel/base.ts';
import { sourceFolder } from '../../rootfs/programs.ts';
import { buildRootfs, type UserSpaces } from '../../rootfs/rootfs.ts';
import { labError } from '../core/errors.ts';
import type { FuzzRules, ProjectCli } from '../core/project.ts';
import { count } from '../core/text.ts';
import { joinArchives } from '../fuzz/archive.ts';
import { corpusPlace } from '../fuzz/batch.ts';
import { readGuestFile } from '../guest/guest-files.ts';
import type { GuestParts } from '../guest/guest-parts.ts';
import { createMachinery } from '../guest/guests.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import { offerOf } from '../plan/needs.ts';
import { buildPlan } from '../plan/plan.ts';
import { hashAll, listShared } from '../proofs/proof-key.ts';
import { runCases } from '../run/runner.ts';
import { keep, keyOf } from '../store/cache.ts';
import { listCases } from '../suite/list-cases.ts';
import type { Prepared } from './prepare.ts';
import type { Run } from './run-session.ts';

/** The user space with a corpus in it, and how many images that has. */
export interface Corpus {
  readonly userSpaces: UserSpaces;
  readonly images: number;
}

/**
 * Returns the user space of an image's guests with the project's corpus in it, which is made once
 * for a kernel, the guest's other programs and the cases that make it. Throws `fuzz-corpus` (usage) if
 * none of these leaves anything.
 */
export async function prepareCorpus(
  image: Image,
  rules: FuzzRules,
  prepared: Prepared,
  run: Run,
): Promise<Corpus> {
  const { context, cli } = run;
  const { programs } = cli.project;
  const key = keyOf({ kernel: image.key, sums: await sumsOf(rules, cli) });
  const { path, hit } = await keep(context.home.rootfs, `corpus-${key}`, (fresh) =>
    makeCorpus(image, rules, prepared, run, fresh),
  );
  const { images } = shape.parse(JSON.parse(await readFile(join(path, 'corpus.json'), 'utf8')));
  context.emit({
    type: 'note',
    text: `the corpus of ${image.base.name} is ${count(images, 'image')}${hit ? ' (cached)' : ''}`,
  });
  const archive = { name: basename(corpusPlace.archive), path: join(path, 'corpus.tar') };
  const { architecture } = image.base;
  const space = await buildRootfs(architecture, context, programs, [archive]);
  return { userSpaces: new Map([[architecture, space]]), images };
}

/** Sums of all that a corpus is made by, but for the program that only takes it. */
async function sumsOf({ corpus, program }: FuzzRules, { project }: ProjectCli) {
  const shared = await listShared(project.cases);
  const own = project.programs.filter(({ name }) => name !== program);
  const sources = await readdir(sourceFolder);
  const places = [
    corpus,
    ...shared.map((name) => join(project.cases, name)),
    ...own.flatMap(({ files }) => files),
    ...sources.sort().map((name) => join(sourceFolder, name)),
  ];
  return Promise.all(places.map(hashAll));
}

const shape = z.object({ images: z.number() });

async function makeCorpus(
  image: Image,
  rules: FuzzRules,
  { userSpaces, accelerator, factor }: Prepared,
  { cli, context }: Run,
  fresh: string,
): Promise<void> {
  const files = [{ name: relative(cli.root, rules.corpus), path: rules.corpus }];
  const listing = await listCases(files, cli.root);
  const bases = [offerOf(image.series)];
  const { entries } = buildPlan({ listing, files, bases, ci: false, durations: {} });
  const folder = join(context.scratch, 'corpus');
  await mkdir(folder, { recursive: true });
  const { notices, calls } = cli.project;
  const guests = { images: [image], userSpaces, accelerator, factor, folder, notices };
  const archives: Uint8Array[] = [];
  const quiet = { emit: () => undefined, signal: context.signal };
  context.emit({
    type: 'note',
    text: `making the corpus of ${image.base.name}: ${count(entries.length, 'case')}`,
  });
  const results = await runCases({ entries }, createMachinery(guests, context), quiet, {
    ...{ jobs: 1, isolation: 'file', factor, root: cli.root, calls },
    visit: async (guest) => {
      const archive = await takeArchive(guest);
      if (archive !== undefined) archives.push(archive);
    },
  });
  context.signal.throwIfAborted();
  for (const { verdict, test, reason } of results)
    if (verdict !== 'pass')
      context.emit({ type: 'warning', text: `not in the corpus: ${test}: ${reason ?? verdict}` });
  if (archives.length === 0)
    throw labError({
      code: 'fuzz-corpus',
      fault: 'usage',
      doing: `making the corpus of ${image.base.name}`,
      what: `no case of ${files[0]?.name ?? 'the corpus'} leaves ${corpusPlace.left}`,
      next: 'Run its cases by themselves; docs/fuzz.md says what they have to leave.',
    });
  await writeFile(join(fresh, 'corpus.tar'), joinArchives(archives));
  await writeFile(join(fresh, 'corpus.json'), JSON.stringify({ images: archives.length }));
}

/** Takes what a case has left; undefined if that is nothing. */
async function takeArchive({ shim }: LiveGuest): Promise<Uint8Array | undefined> {
  const { exists } = await shim.call(['stat', corpusPlace.left]);
  if (exists !== true) return undefined;
  const call: GuestParts['call'] = async (shape, words) => shape.parse(await shim.call(words));
  const archive = await readGuestFile({ call }, corpusPlace.left);
  await shim.call(['rm', corpusPlace.left]);
  return archive;
}
