import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode } from '../core/errors.ts';

/** How a list that a project keeps beside its cases is read. */
export interface ListKind<T> {
  readonly shape: z.ZodType<readonly T[]>;
  /** What a text that is none is not: `list of mutants`. */
  readonly name: string;
  /** Bases that an entry speaks of. */
  readonly basesOf: (entry: T) => readonly string[];
  readonly unreadable: (what: string, details?: readonly string[]) => Error;
}

/** Returns the text of a list's file; none is an empty list. Throws the kind's error. */
export async function readListText<T>(
  path: string,
  { unreadable }: Pick<ListKind<T>, 'unreadable'>,
): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '[]';
    throw unreadable(String(error));
  });
}

/** Returns the list that a text holds. Throws the kind's error, which says where it is wrong. */
export function parseList<T>(
  text: string,
  bases: readonly string[],
  { shape, name, basesOf, unreadable }: ListKind<T>,
): readonly T[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success)
    throw unreadable(`it is no ${name}`, z.prettifyError(parsed.error).split('\n'));
  const stranger = parsed.data.flatMap(basesOf).find((base) => !bases.includes(base));
  if (stranger !== undefined)
    throw unreadable(`the project has no base ${stranger}: ${bases.join(', ')}`);
  return parsed.data;
}
