import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import type { Context } from '../harness/context.ts';
import { keep, keyOf } from '../harness/cache.ts';
import { labError } from '../harness/errors.ts';
import type { Compiler } from './compiler.ts';
import { pins } from './pins.ts';
import { run, type RunOptions } from './run.ts';
import { obtainSource, type ToolSource } from './sources.ts';

export interface Tools {
  /** Absolute paths of static programs. */
  readonly dropbear: string;
  readonly busybox: string;
  /** Names busybox answers to, sorted. */
  readonly applets: readonly string[];
}

type Build = (tree: string, config: string, compiler: Compiler, how: Shell) => Promise<string>;
type Shell = (
  program: string,
  args: readonly string[],
  more?: Partial<RunOptions>,
) => Promise<string>;

const configFolder = join(import.meta.dirname, 'config');

/** Returns the guest's SSH server and busybox, built at the first call or when an input changes. */
export async function buildTools(context: Context, compiler: Compiler): Promise<Tools> {
  // One after the other: each build keeps every core busy by itself.
  const dropbear = await buildTool(
    'dropbear',
    'dropbear-options.h',
    buildDropbear,
    context,
    compiler,
  );
  const busybox = await buildTool('busybox', 'busybox.config', buildBusybox, context, compiler);
  const applets = await readFile(`${busybox}.applets`, 'utf8');
  return {
    dropbear,
    busybox,
    applets: applets
      .split('\n')
      .filter((name) => name !== '')
      .sort(),
  };
}

async function buildTool(
  name: keyof typeof pins,
  configName: string,
  build: Build,
  context: Context,
  compiler: Compiler,
): Promise<string> {
  const config = join(configFolder, configName);
  const source = await obtainSource(pins[name], context);
  const key = keyOf({
    sha256: source.sha256,
    compiler: compiler.identity,
    config: await readFile(config, 'utf8'),
    // The recipe is an input too.
    recipe: build.toString(),
  });
  const { path } = await keep(context.home.rootfs, `${name}-${key}`, async (fresh) => {
    const temporary = await dir({ prefix: `cr-lab-${name}-`, unsafeCleanup: true });
    try {
      context.emit({ type: 'note', text: `building ${name} for the guest` });
      const how = shellFor(name, temporary.path, context.signal);
      await unpack(source, how);
      const program = await build(temporary.path, config, compiler, how);
      await copyFile(join(temporary.path, program), join(fresh, name));
      if (name === 'busybox')
        await writeFile(join(fresh, 'busybox.applets'), await how(`./${program}`, ['--list']));
    } finally {
      await temporary.cleanup();
    }
  });
  return join(path, name);
}

function shellFor(name: string, cwd: string, signal: AbortSignal): Shell {
  return (program, args, more) =>
    run(program, args, {
      doing: `building ${name} for the guest`,
      code: 'rootfs-tool-build',
      next: `Install make, gcc, bzip2 and musl-tools; if that is not it, the words above are ${name}'s own.`,
      cwd,
      signal,
      ...more,
    });
}

async function unpack(source: ToolSource, how: Shell): Promise<void> {
  await how('tar', ['--extract', '--strip-components=1', '--file', source.archive]);
}

const jobs = `-j${availableParallelism()}`;

async function buildDropbear(
  tree: string,
  options: string,
  compiler: Compiler,
  how: Shell,
): Promise<string> {
  await copyFile(options, join(tree, 'localoptions.h'));
  const env = { CC: compiler.command, CFLAGS: '-O2', LDFLAGS: '-s' };
  // Not without syslog: dropbear refuses to serve one connection (-i) then.
  const without = ['zlib', 'lastlog', 'utmp', 'utmpx', 'wtmp', 'wtmpx', 'loginfunc'];
  const switches = [...without, 'pututline', 'pututxline', 'pam', 'harden'];
  await how(
    './configure',
    ['--enable-static', '--enable-bundled-libtom', ...switches.map((name) => `--disable-${name}`)],
    { env },
  );
  await how('make', [jobs, 'PROGRAMS=dropbear'], { env });
  return 'dropbear';
}

async function buildBusybox(
  tree: string,
  fragment: string,
  compiler: Compiler,
  how: Shell,
): Promise<string> {
  const compilers = [`CC=${compiler.command}`, 'HOSTCC=gcc'];
  await how('make', ['allnoconfig', ...compilers]);
  const file = join(tree, '.config');
  const wanted = (await readFile(fragment, 'utf8'))
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line));
  const settings = wanted.map((line) =>
    line.includes('=') ? `CONFIG_${line}` : `CONFIG_${line}=y`,
  );
  const names = new Set(settings.map((setting) => setting.split('=')[0] ?? ''));
  const old = (await readFile(file, 'utf8')).split('\n');
  const kept = old.filter((line) => !names.has(/CONFIG_\w+/.exec(line)?.[0] ?? ''));
  await writeFile(file, [...kept, ...settings, ''].join('\n'));
  await how('sh', ['-c', `yes '' | make oldconfig ${compilers.join(' ')}`]);
  const now = new Set((await readFile(file, 'utf8')).split('\n'));
  const lost = settings.filter((setting) => !now.has(setting));
  if (lost.length > 0)
    throw labError({
      code: 'rootfs-busybox-config',
      fault: 'config',
      doing: 'configuring busybox for the guest',
      what: `this version does not take ${lost.join(', ')}`,
      next: `Correct ${fragment}.`,
    });
  // KBUILD_BUILD_TIMESTAMP goes into the version string: the same inputs must give the same bytes.
  await how('make', [jobs, 'SKIP_STRIP=n', ...compilers], {
    env: { SOURCE_DATE_EPOCH: '0', KBUILD_BUILD_TIMESTAMP: '1970-01-01' },
  });
  return 'busybox';
}
