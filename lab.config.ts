import { images } from './cases/cr/artefact.ts';
import { bench } from './cases/cr/bench.ts';
import { addImageCommand } from './cases/cr/image-command.ts';
import { ledger } from './cases/cr/state/ledger.ts';
import { withCalls } from './cases/cr/verbs.ts';
import { defineProject } from './harness/project.ts';

export default defineProject({
  name: 'c/r',
  bases: ['v2.6.30', 'v6.1'],
  series: 'patches',
  config: {
    'v2.6.30': ['cases/cr/config/v2.6.30/cr.config'],
    'v6.1': ['cases/cr/config/v6.1/cr.config'],
  },
  programs: [
    'cases/cr/programs/restart',
    'cases/cr/programs/work',
    {
      program: 'cases/cr/programs/fuzz',
      with: ['clone', 'front', 'give-up', 'plan', 'space', 'tasks'].map(
        (file) => `cases/cr/programs/restart/${file}.c`,
      ),
    },
  ],
  notices: [/^c\/r:/],
  // The first two free numbers: 296 is pwritev, 450 set_mempolicy_home_node. i386 has its own.
  calls: {
    checkpoint: { 'v2.6.30': 297, 'v6.1': 451, 'v2.6.30-i386': 335 },
    restart: { 'v2.6.30': 298, 'v6.1': 452, 'v2.6.30-i386': 336 },
  },
  verbs: withCalls,
  artefacts: images,
  headline: {
    name: 'checkpoint of another task',
    cases: /^cases\/(no-such-pid|dead|denied|not-frozen)\.ts /,
  },
  state: ledger,
  bench,
  fuzz: { program: 'fuzz', corpus: 'cases/cr/fuzz-corpus.ts' },
  unreached: 'cases/cr/unreached.json',
  addCommands: addImageCommand,
});
