/** Imports the toy source until it is killed: a process of its own for source.test.ts. */
import { findLabHome } from '../../harness/core/home.ts';
import { acquireSource } from '../../kernel/source/source.ts';
import { toyBase } from './toy.ts';

const [home = '', from = '', scratch = ''] = process.argv.slice(2);
process.stdout.write('begin\n');
await acquireSource(
  toyBase,
  { from },
  {
    home: findLabHome({ LAB_HOME: home }),
    emit: () => undefined,
    signal: new AbortController().signal,
    scratch,
  },
);
