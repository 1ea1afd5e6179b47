import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { bases as labBases } from '../../kernel/bases.ts';
import { isOwn } from '../../kernel/build/fragments.ts';
import { makeBase } from '../../kernel/project-bases.ts';
import { isRemote } from '../../kernel/source/source-record.ts';
import { architectures, type ArchitectureName } from '../core/architectures.ts';
import type { Base } from '../core/base.ts';
import { isLabError, labError, reportOf } from '../core/errors.ts';
import { importCode } from '../core/import-code.ts';
import { findLabHome, type LabHome } from '../core/home.ts';
import { engineRoot, projectFile } from '../core/places.ts';
import type {
  ArtefactRules,
  BaseChoice,
  BenchRow,
  PerBase,
  ProgramChoice,
  Project,
  ProjectConfig,
  ProjectProgram,
} from '../core/project.ts';

const text = z.string().min(1);
const aFunction = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', {
  error: 'expected a function',
});

const ofBase = {
  name: text,
  architecture: z
    .enum(Object.keys(architectures) as [ArchitectureName, ...ArchitectureName[]])
    .optional(),
};

const stateShape = z.array(
  z.strictObject({
    name: text,
    about: text,
    rows: z.array(
      z.strictObject({
        fields: z.array(text),
        fate: z.enum(['saved', 'derived', 'refused', 'indifferent', 'lost', 'open']),
        why: z.string(),
        cases: z.array(text),
        uncased: text.optional(),
        bases: z.array(text).optional(),
      }),
    ),
  }),
);

const baseShape = z.union([
  text,
  z.strictObject({
    ...ofBase,
    debian: z.string().regex(/^linux-source-\d/),
    suite: text.optional(),
  }),
  z.strictObject({
    ...ofBase,
    release: z.string().regex(/^\d+\.\d+/),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    archive: text.optional(),
  }),
  z.strictObject({ ...ofBase, repository: text, revision: text }),
  z.strictObject({ ...ofBase, worktree: text }),
]);

const projectShape = z.strictObject({
  name: text,
  bases: z.array(baseShape).min(1).optional(),
  series: text.optional(),
  config: z.union([z.array(text), z.record(text, z.array(text))]).optional(),
  cases: text.optional(),
  programs: z
    .array(z.union([text, z.strictObject({ program: text, with: z.array(text) })]))
    .optional(),
  selftests: z.array(z.string().regex(/^[\w-]+(\/[\w-]+)*$/)).optional(),
  notices: z.array(z.instanceof(RegExp)).optional(),
  calls: z.record(text, z.record(text, z.number().int().min(0))).optional(),
  verbs: (aFunction as unknown as z.ZodType<NonNullable<ProjectConfig['verbs']>>).optional(),
  artefacts: z
    .strictObject({
      name: text,
      placeOf: aFunction as unknown as z.ZodType<ArtefactRules['placeOf']>,
      describe: aFunction as unknown as z.ZodType<ArtefactRules['describe']>,
      more: z.string(),
    })
    .optional(),
  headline: z.strictObject({ name: text, cases: z.instanceof(RegExp) }).optional(),
  state: stateShape.optional(),
  bench: z
    .strictObject({
      rows: z
        .array(
          z.strictObject({
            key: z.string().regex(/^[\w-]+$/),
            name: text,
            unit: z.enum(['s', 'ms', 'MiB', '%', '×']),
            goal: z.number(),
            memory: z.number().int().min(1).optional(),
            measure: aFunction as unknown as z.ZodType<BenchRow['measure']>,
          }),
        )
        .optional(),
      one: text.optional(),
      short: z.array(text).min(1).optional(),
      change: text.optional(),
    })
    .optional(),
  fuzz: z.strictObject({ program: text, corpus: text }).optional(),
  unreached: text.optional(),
  addCommands: (
    aFunction as unknown as z.ZodType<NonNullable<ProjectConfig['addCommands']>>
  ).optional(),
});

/**
 * Returns the project of a folder: what its lab.config.ts exports by default. Throws
 * `project-unreadable` (usage) that names the key which is wrong.
 */
export async function loadProject(root: string, home = findLabHome()): Promise<Project> {
  const path = join(root, projectFile);
  const config = await readConfig(path);
  const places = createPlaces(root, path);
  const bases = await Promise.all(
    (config.bases ?? labBases.map(({ name }) => name)).map((choice, index) =>
      openBase(choice, index, config, { root, home }, places),
    ),
  );
  const names = bases.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw places.wrong('bases', `two are called ${twice}`);
  for (const key of ['config', 'calls'] as const) refuseStrangers(key, config, names, places);
  return {
    name: config.name,
    root,
    results: join(root, 'results'),
    bases,
    cases: config.cases === undefined ? join(root, 'cases') : places.folder('cases', config.cases),
    programs: (config.programs ?? []).map((each, index) =>
      openProgram(`programs[${index}]`, each, places),
    ),
    selftests: config.selftests ?? [],
    notices: config.notices ?? [],
    calls: config.calls === undefined ? undefined : Object.keys(config.calls),
    artefacts: config.artefacts,
    headline: config.headline,
    state: config.state,
    bench: config.bench ?? {},
    fuzz: config.fuzz && { ...config.fuzz, corpus: places.file('fuzz.corpus', config.fuzz.corpus) },
    unreached:
      config.unreached === undefined ? undefined : places.file('unreached', config.unreached),
    addCommands: config.addCommands,
  };
}

/** A folder that there is not: no patches. */
const noPatches = 'no-patches';

/** Returns what stands for a project where there is none: the lab's own bases, and no series. */
export async function noProject(folder: string, home: LabHome): Promise<Project> {
  const bases = labBases.map(({ name }) =>
    makeBase(
      name,
      { patches: join(folder, noPatches), fragments: {}, builds: `plain-${name}` },
      home,
    ),
  );
  return {
    name: basename(folder),
    root: folder,
    bases: await Promise.all(bases),
    // A folder that is no project may be a clone of Linux, which is only read.
    results: join(home.root, 'results'),
    cases: join(folder, 'cases'),
    programs: [],
    selftests: [],
    notices: [],
    bench: {},
  };
}

async function readConfig(path: string): Promise<ProjectConfig> {
  let module: { readonly default?: unknown };
  try {
    module = (await importCode(path)) as typeof module;
  } catch (cause) {
    throw broken(path, cause instanceof Error ? cause.message : String(cause));
  }
  if (module.default === undefined) throw broken(path, 'it exports no project by default');
  const parsed = projectShape.safeParse(module.default);
  if (parsed.success) return parsed.data;
  throw broken(path, 'it is no project', z.prettifyError(parsed.error).split('\n'));
}

/** Resolves what keys name, and says what is wrong with them. */
interface Places {
  folder(key: string, name: string): string;
  file(key: string, name: string): string;
  wrong(key: string, what: string): Error;
  readonly resolve: (name: string) => string;
}

function createPlaces(root: string, path: string): Places {
  const wrong = (key: string, what: string): Error => broken(path, `${key}: ${what}`);
  const find = (key: string, name: string, kind: 'folder' | 'file'): string => {
    const place = resolve(root, name);
    const facts = statSync(place, { throwIfNoEntry: false });
    if (facts === undefined) throw wrong(key, `${place} is not there`);
    if ((kind === 'folder') !== facts.isDirectory()) throw wrong(key, `${place} is no ${kind}`);
    return place;
  };
  return {
    folder: (key, name) => find(key, name, 'folder'),
    file: (key, name) => find(key, name, 'file'),
    wrong,
    resolve: (name) => resolve(root, name),
  };
}

async function openBase(
  choice: BaseChoice,
  index: number,
  config: ProjectConfig,
  { root, home }: { readonly root: string; readonly home: LabHome },
  places: Places,
): Promise<Base> {
  const name = typeof choice === 'string' ? choice : choice.name;
  const many = (config.bases ?? labBases).length > 1;
  const parts = {
    patches: patchesOf(name, many, config, root, places),
    fragments: fragmentsOf(name, config.config, places),
    builds: root === engineRoot ? undefined : `${slugOf(config.name)}-${slugOf(name)}`,
  };
  return makeBase(placeOf(choice, places), parts, home).catch((error: unknown) => {
    if (!isLabError(error)) throw error;
    const { what, details } = reportOf(error);
    throw places.wrong(`bases[${index}]`, [what, ...(details ?? [])].join('; '));
  });
}

/** A choice whose paths are absolute. */
function placeOf(choice: BaseChoice, { resolve: absolute }: Places): BaseChoice {
  if (typeof choice === 'string') return choice;
  if ('worktree' in choice) return { ...choice, worktree: absolute(choice.worktree) };
  if ('repository' in choice) return { ...choice, repository: absolute(choice.repository) };
  if ('archive' in choice && choice.archive !== undefined && !isRemote(choice.archive))
    return { ...choice, archive: absolute(choice.archive) };
  return choice;
}

/** A folder for each base, or, of a project for one kernel, the folder itself. */
function patchesOf(
  name: string,
  many: boolean,
  { series }: ProjectConfig,
  root: string,
  places: Places,
): string {
  if (series === undefined) return join(root, noPatches);
  const folder = places.folder('series', series);
  const own = join(folder, name);
  if (existsSync(own)) return own;
  if (!many) return folder;
  throw places.wrong('series', `${folder} has no folder ${name} for that base`);
}

function fragmentsOf(
  name: string,
  config: PerBase | undefined,
  places: Places,
): Record<string, string> {
  const perBase = Array.isArray(config) ? undefined : (config as Record<string, readonly string[]>);
  const files = perBase === undefined ? (config as readonly string[]) : perBase[name];
  const key = perBase === undefined ? 'config' : `config.${name}`;
  const fragments: Record<string, string> = {};
  (files ?? []).forEach((file, index) => {
    const path = places.file(`${key}[${index}]`, file);
    const words = basename(path).replace(/\.config$/, '');
    if (words in fragments || !isOwn(words))
      throw places.wrong(`${key}[${index}]`, `there is a fragment called ${words} already`);
    fragments[words] = path;
  });
  return fragments;
}

function openProgram(key: string, choice: ProgramChoice, places: Places): ProjectProgram {
  if (typeof choice !== 'string') {
    const { name, files } = openProgram(key, choice.program, places);
    const more = choice.with.map((file, index) => places.file(`${key}.with[${index}]`, file));
    return { name, files: [...files, ...more] };
  }
  const place = places.resolve(choice);
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() === true) {
    const files = readdirSync(place).filter((file) => file.endsWith('.c'));
    if (files.length === 0) throw places.wrong(key, `${place} holds no C file`);
    return { name: basename(place), files: files.sort().map((file) => join(place, file)) };
  }
  if (!choice.endsWith('.c')) throw places.wrong(key, `${place} is neither a C file nor a folder`);
  return { name: basename(choice, '.c'), files: [places.file(key, choice)] };
}

/**
 * A key that speaks of a base which the project does not have is a slip of the pen. Those on another
 * processor are its own as well, but take their configuration from the base.
 */
function refuseStrangers(
  key: 'config' | 'calls',
  config: ProjectConfig,
  names: readonly string[],
  places: Places,
): void {
  const value = config[key];
  if (value === undefined || Array.isArray(value)) return;
  const asked =
    key === 'config'
      ? Object.keys(value).map((name) => [key, name] as const)
      : Object.entries(value as NonNullable<ProjectConfig['calls']>).flatMap(([call, numbers]) =>
          Object.keys(numbers).map((name) => [`${key}.${call}`, name] as const),
        );
  const others = key === 'config' ? [] : Object.keys(architectures);
  const known = [...names, ...names.flatMap((name) => others.map((each) => `${name}-${each}`))];
  const stranger = asked.find(([, name]) => !known.includes(name));
  if (stranger !== undefined)
    throw places.wrong(stranger[0], `the project has no base ${stranger[1]}: ${names.join(', ')}`);
}

/** A name as a folder's. */
function slugOf(name: string): string {
  return name.replaceAll(/[^\w.]+/g, '-').toLowerCase();
}

function broken(path: string, what: string, details: readonly string[] = []): Error {
  return labError({
    code: 'project-unreadable',
    fault: 'usage',
    doing: `reading ${path}`,
    what,
    details,
    next: 'docs/projects.md lists its keys; `lab new DIR` writes one to begin with.',
  });
}
