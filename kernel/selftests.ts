import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Context } from '../harness/core/context.ts';
import { labError } from '../harness/core/errors.ts';
import { lastLines, run } from '../harness/core/run.ts';
import { toolEnvironment } from '../harness/core/tool-environment.ts';
import { keep, keyOf } from '../harness/store/cache.ts';
import type { Base } from './base.ts';
import { git, gitText } from './git.ts';
import { readSeries } from './series/series.ts';
import { acquireSource } from './source/source.ts';
import { commitSeries } from './tree/apply.ts';
import { withTree } from './tree/tree-lock.ts';

/** A selftest of the tree, built: a static program. */
export interface BuiltSelftest {
  readonly name: string;
  readonly path: string;
}

export interface SelftestOptions {
  readonly targets: readonly string[];
  readonly source: string | undefined;
  readonly upto: string | number | undefined;
  /** Where the series is; default the base's own. */
  readonly patchesFolder?: string | undefined;
}

/** Static, and with the C library of the machine: few of these tests know another. */
const compiler = 'gcc -static';

const folder = 'tools/testing/selftests';

/** What a target's makefile includes of the tree beside its own folder. */
const shared = ['lib.mk', 'kselftest.h', 'kselftest_harness.h'].map((name) => `${folder}/${name}`);
const arch = 'scripts/subarch.include';

/**
 * Builds kselftest targets (`sigaltstack`) of the tree with the series applied, by their own
 * makefiles, and returns their programs. What does not link statically is told of and left out;
 * so are scripts. Throws `selftest-unknown` (usage) for a target that the tree does not have, and
 * `selftest-unbuilt` for one of which nothing is left.
 */
export async function buildSelftests(
  base: Base,
  { targets, source: from, upto, patchesFolder }: SelftestOptions,
  context: Context,
): Promise<readonly BuiltSelftest[]> {
  if (targets.length === 0) return [];
  const source = await acquireSource(base, { from }, context);
  const series = await readSeries(base, upto, patchesFolder);
  const { commits } = await withTree(base, context, () => commitSeries(source, series, context));
  const commit = commits.at(-1) ?? source.commit;
  const built: BuiltSelftest[] = [];
  for (const target of targets)
    built.push(...(await buildTarget(target, source.repository, commit, context)));
  return built;
}

/** What is kept of a target beside its programs. */
interface Left {
  /** Programs that did not link, and scripts. */
  readonly unbuilt: readonly string[];
  readonly scripts: readonly string[];
}

async function buildTarget(
  target: string,
  repository: string,
  commit: string,
  context: Context,
): Promise<readonly BuiltSelftest[]> {
  const paths = [`${folder}/${target}`, ...shared, arch];
  const listed = await git(repository, ['ls-tree', commit, ...paths]);
  if (!listed.stdout.includes(`\t${folder}/${target}\n`))
    throw refuse('selftest-unknown', target, `the tree has no ${folder}/${target}`, []);
  const there = paths.filter((path) => listed.stdout.includes(`\t${path}\n`));
  const gcc = await run('gcc', ['-dumpfullversion', '-dumpmachine']);
  const key = keyOf({ listed: listed.stdout, compiler, gcc: gcc.stdout });
  const { path } = await keep(context.home.rootfs, `selftest-${target}-${key}`, (fresh) =>
    make(target, repository, commit, there, fresh, context),
  );
  const { unbuilt, scripts } = JSON.parse(await readFile(join(path, 'left.json'), 'utf8')) as Left;
  const tell = (names: readonly string[], why: string): void => {
    if (names.length === 0) return;
    const text = `selftests of ${target} that the guest does without, ${why}: ${names.join(', ')}`;
    context.emit({ type: 'note', text });
  };
  tell(unbuilt, 'for they do not link statically');
  tell(scripts, 'for they are scripts');
  const names = (await readdir(path)).filter((name) => name.endsWith('.bin')).sort();
  if (names.length === 0)
    throw refuse('selftest-unbuilt', target, 'none of its programs was built', unbuilt);
  return names.map((name) => ({ name: basename(name, '.bin'), path: join(path, name) }));
}

async function make(
  target: string,
  repository: string,
  commit: string,
  paths: readonly string[],
  fresh: string,
  context: Context,
): Promise<void> {
  const scratch = join(context.scratch, `selftest-${target}`);
  const output = join(scratch, 'output');
  await mkdir(output, { recursive: true });
  const archive = join(scratch, 'tree.tar');
  await gitText(repository, ['archive', `--output=${archive}`, commit, ...paths]);
  await run('tar', ['--extract', '--directory', scratch, '--file', archive]);
  const args = ['-s', '-C', join(scratch, folder, target), `OUTPUT=${output}`, 'ARCH=x86_64'];
  const options = { env: toolEnvironment(), signal: context.signal };
  // Whatever can be built: which that was is looked at below.
  const made = await run('make', [...args, '-k', `CC=${compiler}`, 'all'], options);
  const rule = 'lab-list: ; @echo "programs: $(TEST_GEN_PROGS)"; echo "scripts: $(TEST_PROGS)"';
  const listed = await run('make', [...args, '--eval', rule, 'lab-list'], options);
  const words = (kind: string): string[] => {
    const line = new RegExp(`^${kind}:(.*)$`, 'm').exec(listed.stdout)?.[1] ?? '';
    return line.split(/\s+/).filter((word) => word !== '');
  };
  const unbuilt: string[] = [];
  for (const path of words('programs')) {
    const name = basename(path);
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (isThere) await copyFile(path, join(fresh, `${name}.bin`));
    else unbuilt.push(name);
  }
  if (listed.status !== 0)
    throw refuse(
      'selftest-unbuilt',
      target,
      'its makefile does not say what it makes',
      lastLines(`${made.stderr}${listed.stderr}`),
    );
  const left: Left = { unbuilt, scripts: words('scripts').map((path) => basename(path)) };
  await writeFile(join(fresh, 'left.json'), JSON.stringify(left));
}

function refuse(
  code: 'selftest-unknown' | 'selftest-unbuilt',
  target: string,
  what: string,
  details: readonly string[],
): Error {
  return labError({
    ...{ code, fault: 'usage', doing: `building the selftests of ${target}`, what, details },
    next: 'Take it out of `selftests` in lab.config.ts, or name another.',
  });
}
