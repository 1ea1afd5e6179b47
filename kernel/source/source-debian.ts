import { access, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHome } from '../../harness/core/home.ts';
import type { Base } from '../base.ts';
import { lastLines, run } from '../../harness/core/run.ts';
import { importArchive } from './source-archive.ts';
import { noSource, unusableSource } from './source-errors.ts';
import type { Imported, ImportOptions } from './source-git.ts';

/** What Debian's own archive is verified with, on a machine whose apt trusts another one. */
export const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Debian's own archive. */
export const archive = 'http://deb.debian.org/debian';

/** Returns whether this machine can be asked for Debian packages at all. */
export async function hasApt(): Promise<boolean> {
  const found = await Promise.all(['/usr/bin/apt-get', '/usr/bin/dpkg'].map(isThere));
  return found.every(Boolean);
}

/** Returns whether packages of Debian's own archive can be verified here. */
export async function hasKeyring(): Promise<boolean> {
  return isThere(keyring);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Returns whether the machine's own lists have a package; asks no server. */
export async function aptKnows(
  name: string,
  signal: AbortSignal,
  settings: Settings = [],
): Promise<'yes' | 'no' | 'no lists'> {
  const asked = await run('apt-get', [...common, ...settings, 'download', '--print-uris', name], {
    signal,
  });
  if (findUri(name, asked.stdout) !== undefined) return 'yes';
  const lists = await run('apt-cache', [...settings, 'policy'], { signal });
  return serverPattern.test(lists.stdout) ? 'no' : 'no lists';
}

/**
 * Returns the file and the size that apt would download for a package. A name that apt does not
 * know it takes for a regular expression, and linux-source-6.1 is in linux-source-6.12.
 */
function findUri(name: string, printed: string): { file: string; size: number } | undefined {
  for (const [, file = '', size] of printed.matchAll(/^'\S+' (\S+) (\d+)/gm))
    if (file.startsWith(`${name}_`)) return { file, size: Number(size) };
  return undefined;
}

/** A list that came from somewhere, with its priority; what is installed is always one. */
const serverPattern = /^ *-?\d+ [\w+]+:\//m;

/**
 * Imports a Debian source package: downloads it with apt, whose signatures vouch for it,
 * and unpacks it without root. Throws `source-unavailable` with apt's words.
 */
export async function importPackage(
  base: Base,
  name: string,
  home: LabHome,
  staging: string,
  options: ImportOptions,
): Promise<Imported> {
  const folder = join(home.sources, 'debian');
  const deb = (await findDeb(folder, name)) ?? (await fetchDeb(base, name, folder, options));
  const version = await versionOf(base, deb);
  const content = join(staging, 'package');
  const opened = await run('dpkg', ['-x', deb, content], { signal: options.signal });
  if (opened.status !== 0) {
    await rm(deb, { force: true });
    throw unusableSource(base, deb, 'dpkg cannot unpack it', lastLines(opened.stderr));
  }
  const archive = join(content, 'usr/src', `${name}.tar.xz`);
  const imported = await importArchive(base, archive, deb, staging, options);
  return { ...imported, version, origin: `apt: ${name} ${version}` };
}

async function versionOf(base: Base, deb: string): Promise<string> {
  const field = await run('dpkg-deb', ['--field', deb, 'Version']);
  if (field.status === 0) return field.stdout.trim();
  await rm(deb, { force: true });
  throw unusableSource(base, deb, 'it is no whole package', lastLines(field.stderr));
}

async function findDeb(folder: string, name: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const debs = names.filter((found) => found.startsWith(`${name}_`) && found.endsWith('.deb'));
  const newest = debs.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}

/** The machine's own lists first; fresh private ones, which need no root, if they don't do. */
async function fetchDeb(
  base: Base,
  name: string,
  folder: string,
  options: ImportOptions,
): Promise<string> {
  if (!(await hasApt())) throw noSource(base, ['apt-get and dpkg are not on this machine']);
  const tried: string[] = [];
  for (const prepare of [systemLists, freshLists, debianLists]) {
    const settings = await prepare(base, join(folder, 'apt'), tried, options.signal);
    if (settings === undefined) continue;
    const deb = await downloadDeb(name, folder, settings, tried, options);
    if (deb !== undefined) return deb;
  }
  throw noSource(base, tried);
}

type Settings = readonly string[];

const common: Settings = [
  '-oAPT::Sandbox::User=root',
  '-oAcquire::http::Timeout=15',
  '-oAcquire::https::Timeout=15',
  '-oAcquire::Retries=2',
];

function systemLists(): Promise<Settings> {
  return Promise.resolve(common);
}

async function freshLists(
  _base: Base,
  state: string,
  tried: string[],
  signal: AbortSignal,
): Promise<Settings | undefined> {
  return update([], join(state, 'own'), tried, signal);
}

/** Debian's own archive, for a machine whose release does not have the package. */
async function debianLists(
  base: Base,
  state: string,
  tried: string[],
  signal: AbortSignal,
): Promise<Settings | undefined> {
  if (base.source.kind !== 'debian-package') return undefined;
  if (!(await hasKeyring())) {
    tried.push(
      `${keyring} is missing (package debian-archive-keyring): Debian's archive is not asked`,
    );
    return undefined;
  }
  const { suite } = base.source;
  const folder = join(state, suite);
  const list = join(folder, 'sources.list');
  await mkdir(folder, { recursive: true });
  await writeFile(
    list,
    [
      `deb [signed-by=${keyring}] ${archive} ${suite} main`,
      `deb [signed-by=${keyring}] ${archive}-security ${suite}-security main`,
      '',
    ].join('\n'),
  );
  const only = [`-oDir::Etc::SourceList=${list}`, '-oDir::Etc::SourceParts=/dev/null'];
  return update(only, folder, tried, signal);
}

async function update(
  sources: Settings,
  state: string,
  tried: string[],
  signal: AbortSignal,
): Promise<Settings | undefined> {
  const [lists, cache] = [join(state, 'lists'), join(state, 'cache')];
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const settings = [...common, ...sources, `-oDir::State::Lists=${lists}`, `-oDir::Cache=${cache}`];
  const result = await run('apt-get', [...settings, 'update'], { signal });
  if (result.status === 0) return settings;
  tried.push(...lastLines(result.stderr, 3));
  return undefined;
}

async function downloadDeb(
  name: string,
  folder: string,
  settings: Settings,
  tried: string[],
  options: ImportOptions,
): Promise<string | undefined> {
  const { signal } = options;
  const partial = join(folder, 'partial');
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const uris = await run('apt-get', [...settings, 'download', '--print-uris', name], { signal });
  const uri = findUri(name, uris.stdout);
  if (uri === undefined) {
    tried.push(...lastLines(uris.stderr || `apt does not know ${name}`, 2));
    return undefined;
  }
  const { file, size: total } = uri;
  // apt says nothing machine-readable about progress here; the growing file does.
  const ticker = setInterval(() => {
    void stat(join(partial, file)).then(
      ({ size }) => options.progress(size, total, 'bytes', 'downloading'),
      () => undefined,
    );
  }, 500);
  try {
    const args = [...settings, 'download', name];
    const result = await run('apt-get', args, { cwd: partial, signal });
    if (result.status !== 0) {
      tried.push(...lastLines(result.stderr, 3));
      return undefined;
    }
  } finally {
    clearInterval(ticker);
  }
  const deb = join(folder, file);
  await rename(join(partial, file), deb);
  return deb;
}
