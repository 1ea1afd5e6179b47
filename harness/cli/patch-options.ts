import { InvalidArgumentError, Option, type Command } from 'commander';
import { architectures } from '../core/architectures.ts';
import { sanitizerNames, type SanitizerName } from '../core/base.ts';

/** Adds which patches the kernel is to have, for every command that boots one. */
export function withPatchOptions(command: Command): Command {
  const upto = 'apply the series up to a number or subject';
  const tree =
    'what stands in `lab tree`, committed or only saved, instead of patches/; of a clone with --range: what is not committed yet is the last patch';
  return command
    .option('--upto <patch>', upto)
    .addOption(new Option('--tree', tree).conflicts('upto'));
}

/** Adds what builds the kernel and for which processors, for every command that builds one. */
export function withBuildOptions(command: Command): Command {
  const compiler = 'what builds the kernel: gcc, or clang from 6.1 on';
  const architecture = "the architecture of kernel and guests; by default the base's own";
  return command
    .addOption(new Option('--compiler <name>', compiler).choices(['gcc', 'clang']))
    .addOption(new Option('--arch <name>', architecture).choices(Object.keys(architectures)));
}

/** Adds what else a kernel is to have to find bugs, for every command that boots one for cases. */
export function withSanitizerOption(command: Command): Command {
  const about = `what else finds bugs, at a price: ${sanitizerNames.join(', ')}, or several of them`;
  return command.option('--with <names>', about, sanitizers);
}

/** Returns the sanitizers of a list with commas. */
function sanitizers(text: string): readonly SanitizerName[] {
  return text.split(',').map((name) => {
    const found = sanitizerNames.find((known) => known === name);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Each of them is ${sanitizerNames.join(', ')}.`);
  });
}
