import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keep, keyOf } from '../harness/store/cache.ts';
import type { Context } from '../harness/core/context.ts';
import { appletList, busybox } from './busybox.ts';
import type { Compiler } from './compiler.ts';
import { dropbear } from './dropbear.ts';
import { pins } from './pins.ts';
import type { Recipe } from './recipe.ts';
import { obtainSource } from './sources.ts';
import { withSource } from './unpacked.ts';

/** The guest's SSH server and busybox: absolute paths, and the names busybox answers to. */
export interface Tools {
  readonly dropbear: string;
  readonly busybox: string;
  readonly applets: readonly string[];
}

/** Returns the guest's tools, built at the first call or when an input changes. */
export async function buildTools(context: Context, compiler: Compiler): Promise<Tools> {
  // One after the other: each build keeps every core busy by itself.
  const server = await buildTool(dropbear, context, compiler);
  const shell = await buildTool(busybox, context, compiler);
  const applets = await readFile(join(shell, appletList), 'utf8');
  return {
    dropbear: join(server, 'dropbear'),
    busybox: join(shell, 'busybox'),
    applets: applets.split('\n').filter((name) => name !== ''),
  };
}

/** Returns the cache's folder with what a recipe keeps. */
async function buildTool(recipe: Recipe, context: Context, compiler: Compiler): Promise<string> {
  const { name } = recipe;
  const config = join(import.meta.dirname, 'config', recipe.config);
  const source = await obtainSource(pins[name], context);
  const key = keyOf({
    source: source.sha256,
    compiler: compiler.identity,
    config: await readFile(config, 'utf8'),
    recipe: await readFile(recipe.module, 'utf8'),
  });
  const { path } = await keep(context.home.rootfs, `${name}-${key}`, async (fresh) => {
    context.emit({ type: 'note', text: `building ${name} for the guest` });
    const asked = {
      doing: `building ${name} for the guest`,
      next: `Install make, gcc, bzip2 and musl-tools; if that is not it, the words above are ${name}'s own.`,
      signal: context.signal,
    };
    await withSource(name, source, asked, async (unpacked) => {
      const files = await recipe.build({ ...unpacked, config, compiler });
      await Promise.all(
        files.map((file) => copyFile(join(unpacked.tree, file), join(fresh, file))),
      );
    });
  });
  return path;
}
