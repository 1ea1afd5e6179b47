import type { Base } from '../base.ts';
import { labFragments } from '../build/fragments.ts';
import { ageOf } from './ages.ts';

const age = ageOf('2.6.30', {
  words: 'Wed Jun 10 00:00:00 UTC 2009',
  seconds: 1_244_592_000,
});

/** Linux 2.6.30 of June 2009, on compilers thirteen years younger. */
export const v2_6_30: Base = {
  ...age.base,
  name: 'v2.6.30',
  release: '2.6.30',
  architecture: 'x86_64',
  source: {
    kind: 'git-tree',
    treeId: '0cea46e43f0625244c3d06a71d6559e5ec5419ca',
    tag: 'v2.6.30',
    urls: ['xz', 'bz2', 'gz'].map(
      (form) => `https://cdn.kernel.org/pub/linux/kernel/v2.6/linux-2.6.30.tar.${form}`,
    ),
  },
  config: { ...age.config, fragments: labFragments },
};
