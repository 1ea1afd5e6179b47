import { Option, type Command } from 'commander';

/** Adds which patches the kernel is to have, for every command that boots one. */
export function withPatchOptions(command: Command): Command {
  const upto = 'apply the series up to a number or subject';
  const tree = 'what stands in `lab tree`, committed or only saved, instead of patches/';
  return command
    .option('--upto <patch>', upto)
    .addOption(new Option('--tree', tree).conflicts('upto'));
}

/** Adds what builds the kernel, for every command that builds one. */
export function withCompilerOption(command: Command): Command {
  return command.addOption(
    new Option('--compiler <name>', 'what builds the kernel: gcc, or clang from 6.1 on').choices([
      'gcc',
      'clang',
    ]),
  );
}
