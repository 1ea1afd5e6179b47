import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Language, Parser, type Node } from 'web-tree-sitter';
import { engineRoot } from '../core/places.ts';

export type { Node } from 'web-tree-sitter';

let parser: Promise<Parser> | undefined;

/** What a parse of C found. The text is as it was given; nodes are of one of the same length. */
export interface ParsedC {
  readonly root: Node;
  readonly text: string;
}

/**
 * Parses a C file of a kernel. What the grammar can't know, since the preprocessor brings it, is
 * taken out of its sight at the same length: words such as __user, and the names of loops such as
 * list_for_each_entry(), which it takes for `while`.
 */
export async function parseC(text: string): Promise<ParsedC> {
  const tree = (await (parser ??= openParser())).parse(mask(text));
  if (tree === null) throw new Error('the parser of C gave nothing back');
  return { root: tree.rootNode, text };
}

async function openParser(): Promise<Parser> {
  // By their places in the packages: the lab itself may run as one file that lies elsewhere.
  const packages = createRequire(join(engineRoot, 'package.json'));
  const program = packages.resolve('web-tree-sitter/web-tree-sitter.wasm');
  const grammar = packages.resolve('tree-sitter-c/tree-sitter-c.wasm');
  await Parser.init({ locateFile: () => program });
  const made = new Parser();
  made.setLanguage(await Language.load(await readFile(grammar)));
  return made;
}

/** Words of the kernel's that say something of a declaration or a type to the compiler alone. */
const annotations =
  /\b(?:__(?:user|kernel|iomem|percpu|rcu|force|nocast|safe|bitwise|init|exit|initdata|exitdata|devinit|cpuinit|cpuinitdata|meminit|sched|kprobes|must_check|always_inline|cold|hot|pure|read_mostly|maybe_unused|used|cacheline_aligned|cacheline_aligned_in_smp|releases\(\w*\)|acquires\(\w*\)|ro_after_init)|asmlinkage|asmregparm|noinline|notrace|fastcall|uninitialized_var)\b/g;

/** Loops that are macros: `list_for_each_entry (…)`, `do_each_thread(…)`, `for_each_process(…)`. */
const loops = /\b\w*for_each\w*(?=\s*\()/g;

const whileWord = 'while';

function mask(text: string): string {
  return text
    .replace(annotations, (word) => ' '.repeat(word.length))
    .replace(loops, (word) => whileWord.padEnd(word.length));
}
