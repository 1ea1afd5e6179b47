import type { Base } from '../base.ts';
import { labFragments } from '../build/fragments.ts';
import { ageOf } from './ages.ts';

const age = ageOf('6.1', {
  words: 'Sun Dec 11 22:15:18 UTC 2022',
  seconds: 1_670_796_918,
});

/** Debian 12's 6.1: a base that any machine with apt can have. */
export const v6_1: Base = {
  ...age.base,
  name: 'v6.1',
  release: '6.1',
  architecture: 'x86_64',
  source: {
    kind: 'debian-package',
    package: 'linux-source-6.1',
    suite: 'bookworm',
    // A quarter of the source: register tables of AMD's graphics chips.
    leaveOut: ['drivers/gpu/drm/amd/include'],
  },
  config: { ...age.config, fragments: labFragments },
};
