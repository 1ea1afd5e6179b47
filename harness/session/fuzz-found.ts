import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { labError } from '../core/errors.ts';
import type { CaseResult } from '../core/events.ts';
import type { FuzzFinding } from '../core/fuzz.ts';
import { engineRoot } from '../core/places.ts';
import type { ProjectCli } from '../core/project.ts';

/** What a mutant's program has written of it. */
export interface FoundFiles {
  readonly folder: string;
  readonly files: readonly string[];
}

/** Keeps a finding in a run's folder: what it is, the console, and the mutant's files. */
export async function keepFinding(
  finding: FuzzFinding,
  { console, findings }: CaseResult,
  shown: FoundFiles | undefined,
  run: string,
): Promise<FuzzFinding> {
  const { base, range, seed } = finding;
  const folder = join(run, `fuzz-${base}-${seed}-${range.from}`);
  await mkdir(folder, { recursive: true });
  const whole = { ...finding, folder };
  const files = shown?.files ?? [];
  for (const name of files) await copyFile(join(shown?.folder ?? '', name), join(folder, name));
  await writeFile(
    join(folder, 'finding.json'),
    `${JSON.stringify({ ...whole, files }, null, 2)}\n`,
  );
  const lines = [...findings.flatMap((each) => [...each.lines, '']), ...console];
  await writeFile(join(folder, 'console.log'), `${lines.join('\n')}\n`);
  return whole;
}

const shape = z.looseObject({
  base: z.string(),
  seed: z.number(),
  range: z.object({ from: z.number(), count: z.number() }),
  mutations: z.array(z.string()),
  sign: z.string(),
  words: z.array(z.string()),
  leaks: z.array(z.string()),
  files: z.array(z.string()),
});

/**
 * Writes a case file, with the mutant beside it, of what `lab fuzz` has found; returns its path.
 * Throws `fuzz-not-kept` (usage) for what can't become one.
 */
export async function writeFoundCase(path: string, cli: ProjectCli): Promise<string> {
  const { project } = cli;
  const refuse = (what: string, next: string) =>
    labError({
      code: 'fuzz-not-kept',
      fault: 'usage',
      doing: `making a case of ${path}`,
      what,
      next,
    });
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const read = text === undefined ? undefined : shape.safeParse(JSON.parse(text));
  if (read?.success !== true)
    throw refuse('it is no finding', 'Name a finding.json of a run of `lab fuzz`.');
  if (project.fuzz === undefined || read.data.files.length === 0)
    throw refuse('no single mutant does it', 'Type what its report says, to see it again.');
  const { base, seed, range, files } = read.data;
  const name = `fuzz-${base.replace(/\W/g, '-')}-${seed}-${range.from}`;
  const file = join(project.cases, `${name}.ts`);
  if (existsSync(file)) throw refuse(`${file} is there already`, 'Look at it, or remove it.');
  const folder = join(project.cases, 'fuzz-found', name);
  await mkdir(folder, { recursive: true });
  for (const each of files)
    await writeFile(
      join(folder, `${each}.gz`),
      gzipSync(await readFile(join(dirname(path), each)), { level: 9 }),
    );
  await writeFile(file, textOfCase(read.data, project.fuzz.program, folder, file));
  return file;
}

function textOfCase(
  { sign, mutations, words, leaks, files }: z.infer<typeof shape>,
  program: string,
  folder: string,
  file: string,
): string {
  const own = relative(engineRoot, file);
  const api = own.startsWith('..') ? 'cr-lab/case' : '../harness/case.ts';
  const caches = leaks.map((each) => each.replace(/:.*/, ''));
  const test = mutations.length === 0 ? 'a mutant' : mutations.join('; ');
  const repeat = caches.length === 0 ? 1 : 200;
  const count = (name: string) =>
    caches.length === 0 ? [] : [`  const ${name} = await guest.slabs(${list(caches)});`];
  return [
    `import { readFileSync } from 'node:fs';`,
    `import { join } from 'node:path';`,
    `import { gunzipSync } from 'node:zlib';`,
    `import { assert, suite } from '${api}';`,
    '',
    `const test = suite(${quote(`found by lab fuzz: ${sign}`)});`,
    '',
    `const files = join(import.meta.dirname, 'fuzz-found/${basename(folder)}');`,
    '',
    `test(${quote(test)}, async ({ guest }) => {`,
    `  const folder = await guest.folder();`,
    `  for (const name of [${list(files)}])`,
    `    await guest.write(\`\${folder}/\${name}\`, gunzipSync(readFileSync(join(files, \`\${name}.gz\`))));`,
    `  const words = [${list(words)}];`,
    `  const tries = (count: number) =>`,
    `    guest.run(['${program}', 'try', '--corpus', folder, ...words, '--repeat', String(count)], {`,
    `      cwd: '/',`,
    `    });`,
    ...(caches.length === 0 ? [] : [`  await tries(10);`]),
    ...count('before'),
    `  const { status, lines } = await tries(${repeat});`,
    `  assert.is(status, 0, lines.join('\\n'));`,
    ...count('after'),
    ...(caches.length === 0
      ? []
      : [
          `  for (const [name, number] of Object.entries(before))`,
          `    assert.ok((after[name] ?? 0) - number < ${repeat / 2}, \`\${name} keeps objects\`);`,
        ]),
    '});',
    '',
    'test.run();',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}'`;
}

function list(words: readonly string[]): string {
  return words.map(quote).join(', ');
}
