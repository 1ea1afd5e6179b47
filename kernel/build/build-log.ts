import type { CompilerWarning } from '../base.ts';

/** Reads make's output line by line, as it comes. */
export interface BuildLog {
  /** Returns the object whose compilation the line announces, if it does. */
  readonly read: (line: string) => string | undefined;
  /** Warnings of every object compiled so far, by object. */
  readonly warnings: () => Readonly<Record<string, readonly CompilerWarning[]>>;
  /** The lines that say why a build failed, at most 20. */
  readonly errors: () => readonly string[];
}

/**
 * Returns a reader of the output of `make --output-sync=target`, which keeps what is said
 * about an object after the line that announces it. `roots` are cut from file names.
 */
export function readBuildLog(roots: readonly string[]): BuildLog {
  const warnings = new Map<string, CompilerWarning[]>();
  const errors: string[] = [];
  let object = '';
  return {
    read: (line) => {
      const announced = /^ {2}(?:CC|AS|LD|HOSTCC|VDSO)\S* +(?:\[M\] +)?(\S+)/.exec(line);
      if (announced?.[1] !== undefined) {
        object = announced[1];
        warnings.set(object, []);
        return /^ {2}CC /.test(line) ? object : undefined;
      }
      const warned = /^([^\s:]+):(\d+):(?:\d+:)? [Ww]arning: (.+)$/.exec(line);
      if (warned?.[1] !== undefined && warned[3] !== undefined) {
        const file = relativeTo(roots, warned[1]);
        const warning = { file, line: Number(warned[2]), text: warned[3] };
        warnings.set(object, [...(warnings.get(object) ?? []), warning]);
      }
      if (isError(line) && errors.length < 20) errors.push(shorten(roots, line));
      return undefined;
    },
    warnings: () => Object.fromEntries(warnings),
    errors: () => errors,
  };
}

/** Returns the file an object is made from: `kernel/fork.c` of `kernel/fork.o`. */
export function sourceOf(object: string): string {
  return object.replace(/\.o$/, '.c');
}

function isError(line: string): boolean {
  return (
    /(^|\s|:)(fatal )?error:/i.test(line) ||
    /^make(\[\d+\])?: \*\*\*/.test(line) ||
    /is not clean, please run|undefined reference|No space left on device|multiple definition|Killed/.test(
      line,
    )
  );
}

function relativeTo(roots: readonly string[], file: string): string {
  const root = roots.find((folder) => file.startsWith(`${folder}/`));
  return root === undefined ? file : file.slice(root.length + 1);
}

function shorten(roots: readonly string[], line: string): string {
  return roots.reduce((text, root) => text.replaceAll(`${root}/`, ''), line);
}
