import { Option } from 'commander';

/** Returns the option `--tree`, of every command that boots a kernel. */
export function treeOption(): Option {
  return new Option(
    '--tree',
    'what stands in `lab tree`, committed or only saved, instead of patches/',
  ).conflicts('upto');
}
