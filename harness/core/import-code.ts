import { readFile, stat } from 'node:fs/promises';
import { register as registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { engineRoot } from './places.ts';

declare global {
  interface ImportMeta {
    /** Folder of the bundle that this code is part of; undefined in the files themselves. */
    readonly labBundle?: string;
  }
}

type Bundled = Readonly<Record<string, { readonly file: string; readonly stamp: string }>>;

let bundled: Promise<Bundled> | undefined;
let registered = false;

/**
 * Imports a TypeScript file of the user's: a case file, a lab.config.ts. Takes it from the
 * bundle if it is there as it now stands. Throws what the file throws.
 */
export async function importCode(path: string): Promise<unknown> {
  const bundle = import.meta.labBundle;
  if (bundle === undefined) {
    registerNames();
    return import(pathToFileURL(path).href);
  }
  bundled ??= readFile(join(bundle, 'map.json'), 'utf8').then(
    (text) => JSON.parse(text) as Bundled,
  );
  const known = (await bundled)[path];
  if (known?.stamp === (await stampOf(path)))
    return import(pathToFileURL(join(bundle, known.file)).href);
  if (!registered) {
    registered = true;
    const { register } = await import('tsx/esm/api');
    register();
    registerNames();
  }
  return import(pathToFileURL(path).href);
}

let named = false;

/** Has files of the user's find the lab by its package's name, wherever they lie. */
function registerNames(): void {
  if (named) return;
  named = true;
  const hooks = pathToFileURL(join(engineRoot, 'harness/setup/lab-names.mjs'));
  registerHooks(hooks, { data: { engine: pathToFileURL(`${engineRoot}/`).href } });
}

async function stampOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${size} ${mtimeMs}`;
}
