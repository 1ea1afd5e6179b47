import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

/** What a command is handed beside its arguments. */
export interface Cli {
  readonly env: NodeJS.ProcessEnv;
  /** The folder the caller typed the command in: relative paths begin there. */
  readonly folder: string;
  /** The project's folder; before one is chosen, the lab's own. */
  readonly root: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** What was typed, to print it again. */
  readonly command: string;
  /** The exit status the command ends with; 0 unless it sets another. */
  status: 0 | 1 | 2 | 3;
}

/** Returns the context of a command line of this process. */
export function openCli(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Cli {
  // npm runs scripts in the package's folder and says where it was itself called.
  const called = env['npm_lifecycle_event'] === 'lab' ? env['INIT_CWD'] : undefined;
  return {
    env,
    folder: called ?? process.cwd(),
    root: join(import.meta.dirname, '../..'),
    stdout: process.stdout,
    stderr: process.stderr,
    command: [startsAs(env), ...args.map(quote)].join(' ').replace(/ --$/, ''),
    status: 0,
  };
}

/** Returns what starts the lab in a shell: npm's script where it is a repository. */
export function startsAs(env: NodeJS.ProcessEnv): string {
  const byScript =
    env['npm_lifecycle_event'] === 'lab' || !import.meta.dirname.includes('/node_modules/');
  return byScript ? 'npm run lab --' : 'lab';
}

/** Tells whether this is CI, which wants plain logs, all cases and none left out by `.only`. */
export function isCi(env: NodeJS.ProcessEnv): boolean {
  return !['', 'false'].includes(env['CI'] ?? '');
}

/**
 * Returns the absolute path of what a caller named: from where they stand, or else from
 * the repository, as reports name files.
 */
export function resolvePath(cli: Pick<Cli, 'folder' | 'root'>, path: string): string {
  if (isAbsolute(path)) return path;
  const near = resolve(cli.folder, path);
  const inside = join(cli.root, path);
  return !existsSync(near) && existsSync(inside) ? inside : near;
}

/** Returns a word as a shell reads it back. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
