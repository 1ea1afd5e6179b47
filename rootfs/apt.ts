import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, type RunOptions } from './run.ts';

const keyrings: Readonly<Record<string, string>> = {
  Debian: '/usr/share/keyrings/debian-archive-keyring.gpg',
  Ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
};

const failure = {
  code: 'rootfs-apt',
  next: 'Check that apt-get update works here; or put the archive into the lab home by hand (see rootfs/README.md).',
} as const;

/** What apt fetched: the upstream archive's path and the package's version. */
export interface AptSource {
  readonly archive: string;
  readonly version: string;
}

/**
 * Fetches a source package's upstream archive into `folder` with the system's own mirrors
 * and keys. Package sources need deb-src entries, which systems rarely have: a private
 * configuration adds them, the system's stays as it is and nobody has to be root. apt
 * checks the chain from the release's signature over the index to the archive.
 * Throws an infrastructure error with apt's words.
 */
export async function fetchAptSource(
  name: string,
  folder: string,
  signal?: AbortSignal,
): Promise<AptSource> {
  const stop = signal === undefined ? {} : { signal };
  const asked = { ...failure, ...stop, doing: `fetching ${name}'s source with apt` };
  const env = { APT_CONFIG: await writePrivateConfig(folder, await listMirrors(asked)) };
  const download = join(folder, 'download');
  await mkdir(download);
  await run('apt-get', ['--quiet', 'update'], { ...asked, env });
  await run('apt-get', ['--quiet', '--download-only', 'source', name], {
    ...asked,
    env,
    cwd: download,
  });
  const files = await readdir(download);
  const archive = files.find((file) => /\.orig\.tar\.[a-z0-9]+$/.test(file));
  const control = files.find((file) => file.endsWith('.dsc'));
  if (archive === undefined || control === undefined)
    throw new Error(`apt-get source ${name} gave ${files.join(', ')}`);
  const text = await readFile(join(download, control), 'utf8');
  const version = /^Version: (\S+)$/m.exec(text)?.[1] ?? 'unknown';
  return { archive: join(download, archive), version };
}

/** Returns deb-src lines for the distribution's own archives that the system reads. */
async function listMirrors(asked: RunOptions): Promise<readonly string[]> {
  const format = '$(ORIGIN)|$(SITE)|$(RELEASE)|$(COMPONENT)';
  const targets = await run(
    'apt-get',
    ['indextargets', '--format', format, 'Created-By: Packages'],
    asked,
  );
  const found = targets.split('\n').flatMap((line) => {
    const [origin = '', site = '', release = '', component = ''] = line.split('|');
    const keyring = keyrings[origin];
    if (keyring === undefined) return [];
    const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
    return [`deb-src ${signed}${site} ${release} ${component}`];
  });
  return found.length > 0 ? [...new Set(found)] : defaultMirrors();
}

// A system that has never run apt-get update knows its archives' addresses, not their origin.
async function defaultMirrors(): Promise<readonly string[]> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^VERSION_CODENAME=(\S+)$/m.exec(text)?.[1] ?? 'stable';
  return /^ID=ubuntu$/m.test(text)
    ? [`deb-src http://archive.ubuntu.com/ubuntu ${name} main universe`]
    : [`deb-src http://deb.debian.org/debian ${name} main`];
}

async function writePrivateConfig(folder: string, mirrors: readonly string[]): Promise<string> {
  const at = (name: string): string => join(folder, name);
  await mkdir(at('lists/partial'), { recursive: true });
  await mkdir(at('cache/archives/partial'), { recursive: true });
  await writeFile(at('sources.list'), `${mirrors.join('\n')}\n`);
  const settings = {
    'Dir::Etc::SourceList': at('sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': at('lists'),
    'Dir::Cache': at('cache'),
    'Acquire::Languages': 'none',
    // Root's apt would drop to a user that cannot read this folder, and warn about it.
    'APT::Sandbox::User': 'root',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  await writeFile(at('apt.conf'), `${lines.join('\n')}\n`);
  return at('apt.conf');
}
