import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import type { Base } from '../../../kernel/base.ts';
import {
  ageOf,
  at,
  compareReleases,
  doubtAbout,
  releaseOf,
  type Row,
} from '../../../kernel/bases/ages.ts';
import * as ages from '../../../kernel/bases/ages.ts';
import { v2_6_30 as computed_2_6_30 } from '../../../kernel/bases/v2.6.30.ts';
import { v6_1 as computed_6_1 } from '../../../kernel/bases/v6.1.ts';

// As the two bases were written before there was a table: their images' keys hang on it.
const v2_6_30: Base = {
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
  compiler: [
    'gcc',
    '-std=gnu89',
    '-Wno-error=implicit-function-declaration',
    '-fno-pie',
    '-no-pie',
    '-fno-stack-protector',
    '-fcf-protection=none',
    '-mno-sse',
    '-mno-mmx',
    '-mno-sse2',
    '-mno-80387',
    '-fstack-reuse=none',
  ],
  hostCompiler: ['gcc', '-std=gnu89'],
  makeVariables: {
    ARCH: 'x86_64',
    SHELL: '/bin/bash',
    CONFIG_SHELL: '/bin/bash',
    pound: '#',
    'make-cmd': '$(call escsq,$(subst $(pound),$$(pound),$(subst $$,$$$$,$(cmd_$(1)))))',
    quiet: 'quiet_',
    KBUILD_BUILD_VERSION: '1',
    KBUILD_BUILD_TIMESTAMP: 'Wed Jun 10 00:00:00 UTC 2009',
    KBUILD_BUILD_USER: 'lab',
    KBUILD_BUILD_HOST: 'cr-lab',
  },
  pinnedCommands: {
    date: "echo 'Wed Jun 10 00:00:00 UTC 2009'",
    whoami: 'echo lab',
    hostname: 'echo cr-lab',
    dnsdomainname: 'echo localdomain',
    domainname: 'echo localdomain',
    gzip: 'PATH=${PATH#*:} exec gzip -n "$@"',
  },
  pinnedTime: {
    seconds: 1_244_592_000,
    objects: {
      'gen_init_cpio.o': '',
      'zconf.tab.o': '-I$(src)',
    },
  },
  objects: 630,
  config: {
    start: 'allnoconfig',
    settle: 'oldconfig',
    fragments: ['boot', 'guest', 'debug'],
  },
  guest: {
    commandLine: ['console=ttyS0', 'panic=1', 'no_timer_check'],
    memory: 128,
    cpus: 1,
    cpu: { tcg: 'qemu64', kvm: 'qemu64' },
  },
};

const v6_1: Base = {
  name: 'v6.1',
  release: '6.1',
  architecture: 'x86_64',
  source: {
    kind: 'debian-package',
    package: 'linux-source-6.1',
    suite: 'bookworm',
    leaveOut: ['drivers/gpu/drm/amd/include'],
  },
  compiler: ['gcc'],
  hostCompiler: ['gcc'],
  makeVariables: {
    ARCH: 'x86_64',
    KBUILD_BUILD_VERSION: '1',
    KBUILD_BUILD_TIMESTAMP: 'Sun Dec 11 22:15:18 UTC 2022',
    KBUILD_BUILD_USER: 'lab',
    KBUILD_BUILD_HOST: 'cr-lab',
    LOCALVERSION: '',
    'CFLAGS_fork.o': '-femit-struct-debug-detailed=any',
    'CFLAGS_namespace.o': '-femit-struct-debug-detailed=any',
    'CFLAGS_signal.o': '-femit-struct-debug-detailed=any',
  },
  pinnedCommands: {},
  pinnedTime: { seconds: 0, objects: {} },
  objects: 960,
  config: {
    start: 'allnoconfig',
    settle: 'olddefconfig',
    fragments: ['boot', 'guest', 'debug'],
  },
  guest: {
    commandLine: ['console=ttyS0', 'panic=-1', 'pmtmr=0x608', 'tsc=unstable', 'no_timer_check'],
    memory: 256,
    cpus: 1,
    cpu: { tcg: 'max', kvm: 'host' },
  },
};

it('writes the two bases as they were written by hand', () => {
  assert.deepEqual(computed_2_6_30, v2_6_30);
  assert.deepEqual(computed_6_1, v6_1);
});

it('applies to 2.6.30 the patches of its toolchain, all of them', () => {
  const list = readFileSync(
    new URL('../../../patches/v2.6.30/series', import.meta.url),
    'utf8',
  ).matchAll(/^toolchain\/(\d{4})/gm);
  assert.deepEqual(
    // i386 wants more than x86_64, and the tree is one.
    ageOf('2.6.30', { words: '', seconds: 0 }, 'i386').toolchain,
    [...list].map(([, number]) => number),
  );
});

describe('releases', () => {
  it('are ordered by number', () => {
    const sorted = ['6.12', '3.0', '2.6.9', '6.2', '2.6.30', '4.17'].sort(compareReleases);
    assert.deepEqual(sorted, ['2.6.9', '2.6.30', '3.0', '4.17', '6.2', '6.12']);
  });

  const rows = [
    ['2.6.32', '2.6.32'],
    ['2.6.32.61', '2.6.32'],
    ['2.6.34-rc3', '2.6.34'],
    ['6.12.0-rc3', '6.12'],
    ['6.1.192', '6.1'],
  ] as const;
  for (const [version, release] of rows)
    it(`${version} is of ${release}`, () => {
      assert.equal(releaseOf(version), release);
    });

  it('that nobody has tried are said to be a guess', () => {
    assert.equal(doubtAbout('2.6.30'), undefined);
    assert.equal(doubtAbout('6.1'), undefined);
    assert.match(doubtAbout('4.19') ?? '', /4\.19 was never tried/);
    assert.match(doubtAbout('2.6.18') ?? '', /built as 2\.6\.30 is/);
  });
});

describe('a table', () => {
  it('has each row from its first version to the last one before its end', () => {
    const rows = [
      { until: '3.0', value: 'old', because: '' },
      { from: '3.0', until: '4.0', value: 'middle', because: '' },
      { from: '4.0', value: 'new', because: '' },
      { value: 'any', because: '' },
    ];
    assert.deepEqual(at(rows, '2.6.39'), ['old', 'any']);
    assert.deepEqual(at(rows, '3.0'), ['middle', 'any']);
    assert.deepEqual(at(rows, '4.0'), ['new', 'any']);
  });

  it('has a value for every release there ever was', () => {
    const majors = { 3: 19, 4: 20, 5: 19, 6: 19 };
    const releases = [
      ...Array.from({ length: 40 }, (_, minor) => `2.6.${minor}`),
      ...Object.entries(majors).flatMap(([major, last]) =>
        Array.from({ length: last + 1 }, (_, minor) => `${major}.${minor}`),
      ),
    ];
    for (const release of releases) ageOf(release, { words: '', seconds: 0 });
  });

  it('gives a reason in each row, and no row that never holds', () => {
    const all: readonly unknown[] = Object.values(ages);
    const tables = all.filter((table): table is Row<unknown>[] => Array.isArray(table));
    assert.equal(tables.length, 13);
    for (const row of tables.flat()) {
      assert.ok(row.because.length > 4, JSON.stringify(row));
      if (row.from !== undefined && row.until !== undefined)
        assert.ok(compareReleases(row.from, row.until) < 0, JSON.stringify(row));
    }
  });
});

it('serves 2.6.32 with what its makefiles and headers need besides', () => {
  const age = ageOf('2.6.32', { words: 'then', seconds: 1 });
  assert.ok(age.base.compiler.includes('-std=gnu89'));
  assert.deepEqual(age.toolchain, ['0001', '0002', '0003', '0004']);
  assert.equal(age.fragmentFolder, 'v2.6.30');
  assert.equal(age.config.settle, 'oldconfig');
});
