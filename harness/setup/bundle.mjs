import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** @typedef {import('esbuild').Message} Message */

/** Folders of the engine and of the repository's own project. */
const folders = ['harness', 'kernel', 'qemu', 'rootfs', 'cases'];

/** Where the engine begins: the command line, and the process that case files run in. */
const engine = {
  cli: 'harness/cli/cli.ts',
  'case-host': 'harness/suite/case-host.ts',
};

/** CommonJS packages ask for Node's own modules by require(). */
const requireBanner =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** Bundles of other states of the code are kept that long: a lab may still be at work in one. */
const keptFor = 2 * 24 * 60 * 60 * 1000;

/**
 * Returns the folder with the lab's code in few files, made anew once per state of the code:
 * loading some 300 files one by one costs more than most commands do. Undefined where that
 * can't be done; the files themselves then say what is wrong with them.
 * @param {string} root The repository.
 * @returns {Promise<string | undefined>}
 */
export async function bundle(root) {
  const sources = listSources(root);
  const place = join(root, 'node_modules/.cache/cr-lab');
  const folder = join(place, keyOf(root, sources));
  if (existsSync(join(folder, 'map.json'))) {
    const now = new Date();
    await utimes(folder, now, now).catch(() => undefined);
    return folder;
  }
  const fresh = `${folder}.${process.pid}`;
  try {
    const names = await build(root, sources, fresh, folder);
    // What was saved while it was read may be in it or not.
    if (keyOf(root, listSources(root)) !== folder.slice(place.length + 1)) return undefined;
    await writeFile(join(fresh, 'map.json'), JSON.stringify(names));
    await rename(fresh, folder);
    await removeOld(place);
    return folder;
  } catch {
    // Another lab was faster, the folder can't be written, or the code is broken.
    return existsSync(join(folder, 'map.json')) ? folder : undefined;
  } finally {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * @param {string} root
 * @returns {readonly { path: string, stamp: string }[]}
 */
function listSources(root) {
  const found = folders
    .filter((name) => existsSync(join(root, name)))
    .flatMap((name) => walk(join(root, name)));
  const single = ['lab.config.ts', 'package.json', 'package-lock.json', 'tsconfig.json']
    .map((name) => join(root, name))
    .filter((path) => existsSync(path));
  return [...found, ...single].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return { path, stamp: `${size} ${mtimeMs}` };
  });
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'src' ? [] : walk(path);
    return /\.(?:ts|mjs)$/.test(entry.name) ? [path] : [];
  });
}

/**
 * @param {string} root
 * @param {readonly { path: string, stamp: string }[]} sources
 */
function keyOf(root, sources) {
  const lines = sources.map(({ path, stamp }) => `${path} ${stamp}`);
  const text = [process.version, root, ...lines].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

/**
 * Builds into `fresh` what will lie in `folder`, and returns what each case file became, with
 * the stamp of what was read. A case file that does not parse is left out: it has its say when
 * it is loaded by itself.
 * @param {string} root
 * @param {readonly { path: string, stamp: string }[]} sources
 * @param {string} fresh
 * @param {string} folder
 */
async function build(root, sources, fresh, folder) {
  const esbuild = await import('esbuild');
  const project = existsSync(join(root, 'lab.config.ts')) ? { project: 'lab.config.ts' } : {};
  let cases = sources.filter(({ path }) => dirname(path) === join(root, 'cases'));
  await mkdir(fresh, { recursive: true });
  for (;;) {
    /** @type {Record<string, string>} */
    const entries = { ...engine, ...project };
    for (const { path } of cases) entries[relative(root, path).replace(/\.ts$/, '')] = path;
    try {
      await esbuild.build({
        absWorkingDir: root,
        entryPoints: entries,
        outdir: fresh,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        // What has native code, or is in case files that are loaded by themselves as well.
        external: ['esbuild', 'ssh2', 'tsx', 'uvu'],
        banner: { js: requireBanner },
        sourcemap: 'linked',
        minifySyntax: true,
        minifyWhitespace: true,
        logLevel: 'silent',
        define: { 'import.meta.labBundle': JSON.stringify(folder) },
        plugins: [placesOf(root)],
      });
      break;
    } catch (error) {
      const broken = brokenFiles(error).map((file) => join(root, file));
      const left = cases.filter(({ path }) => !broken.includes(path));
      if (left.length === cases.length) throw error;
      cases = left;
    }
  }
  const entries = sources.filter(({ path }) => path === join(root, 'lab.config.ts'));
  return Object.fromEntries([
    ...entries.map(({ path, stamp }) => [path, { file: 'project.mjs', stamp }]),
    ...cases.map(({ path, stamp }) => {
      const file = relative(root, path).replace(/\.ts$/, '.mjs');
      return [path, { file, stamp }];
    }),
  ]);
}

/**
 * @param {unknown} error
 * @returns {string[]}
 */
function brokenFiles(error) {
  const errors = /** @type {{ errors?: readonly Message[] }} */ (error).errors ?? [];
  return errors.flatMap(({ location }) => (location === null ? [] : [location.file]));
}

/**
 * A module's place is its source's, wherever its code has gone.
 * @param {string} root
 * @returns {import('esbuild').Plugin}
 */
function placesOf(root) {
  return {
    name: 'places',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        // The lab itself may lie in a folder of that name.
        const within = relative(root, path);
        if (within.startsWith('..') || within.includes('node_modules/')) return undefined;
        const text = await readFile(path, 'utf8');
        return {
          loader: 'ts',
          contents: text
            .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
            .replaceAll('import.meta.filename', JSON.stringify(path)),
        };
      });
    },
  };
}

/** @param {string} place */
async function removeOld(place) {
  const before = Date.now() - keptFor;
  for (const name of readdirSync(place)) {
    const path = join(place, name);
    if (statSync(path).mtimeMs < before) await rm(path, { recursive: true, force: true });
  }
}
