import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderDoctor } from '../../../harness/cli/doctor.ts';
import { reportBase, type DoctorReport } from '../../../harness/session/doctor.ts';
import { plainStyle } from '../../../harness/core/style.ts';
import { reportTools } from '../../../harness/session/tool-report.ts';
import type { Tool } from '../../../harness/setup/tools.mjs';

const packages = { apt: 'a', dnf: 'd', pacman: 'p' };
const tool = (more: Partial<Tool>): Tool => ({ name: 'x', why: 'a test', packages, ...more });

describe('the tools a machine has', () => {
  it('are found by what is used of them, with their version', async () => {
    const [node, header, absent, half] = await reportTools([
      tool({ commands: ['node'], version: ['--version'] }),
      tool({ files: ['/nowhere/x.h', '/proc/version'] }),
      tool({ commands: ['no-such-program'], version: ['--version'] }),
      tool({ commands: ['node', 'no-such-program'], version: ['--version'] }),
    ]);
    assert.equal(node?.found, true);
    assert.equal(node.version, process.versions.node);
    assert.equal(header?.found, true);
    assert.equal(header.version, undefined);
    assert.equal(absent?.found, false);
    assert.equal(half?.found, false);
  });
});

describe('a base', () => {
  it('can be built where its source can be had and no tool is missing', () => {
    assert.deepEqual(reportBase('v6.1', { why: 'apt can have it' }, []), {
      name: 'v6.1',
      able: true,
      source: true,
      why: 'apt can have it',
    });
    assert.deepEqual(reportBase('v6.1', { whyNot: 'no apt' }, []), {
      name: 'v6.1',
      able: false,
      source: false,
      why: 'no apt',
    });
  });

  it('cannot be built before its compiler is there', () => {
    const missing = [{ name: 'gcc' }, { name: 'make' }];
    assert.deepEqual(reportBase('v6.1', { why: 'apt can have it' }, missing), {
      name: 'v6.1',
      able: false,
      source: true,
      why: 'apt can have it, but gcc, make must be installed first',
    });
  });
});

describe('what the doctor says', () => {
  const healthy: DoctorReport = {
    able: true,
    tools: [{ name: 'gcc', found: true, version: '12.2.0', why: 'compiles the kernel', packages }],
    install: [],
    compilers: [
      { name: 'gcc', found: true, version: '12.2.0', bases: ['v2.6.30', 'v6.1'], install: [] },
      { name: 'clang', found: false, bases: ['v6.1'], install: ['sudo apt-get install -y clang'] },
    ],
    architectures: [
      { name: 'x86_64', found: true, install: [] },
      { name: 'i386', found: false, install: [] },
      { name: 'arm64', found: false, install: ['sudo apt-get install -y gcc-aarch64-linux-gnu'] },
    ],
    accelerator: { name: 'tcg', reason: 'TCG: there is no /dev/kvm on this host' },
    bases: [{ name: 'v6.1', able: true, source: true, why: 'apt can have linux-source-6.1' }],
    obstacles: [],
    share: { processors: 2, memory: 8000 },
    home: '/home/me/.cache/cr-lab',
  };

  it('is a line for each thing', () => {
    assert.deepEqual(renderDoctor(healthy, plainStyle), [
      'Tools',
      '  found    gcc  12.2.0        compiles the kernel',
      '',
      'Compilers',
      '  gcc    12.2.0    for v2.6.30, v6.1',
      '  clang  missing   for v6.1, with --compiler clang; to install it: sudo apt-get install -y clang',
      '',
      'Architectures',
      '  x86_64  can be had',
      '  i386    missing     with --arch i386; to install what it needs: its compiler by hand',
      '  arm64   missing     with --arch arm64; to install what it needs: sudo apt-get install -y gcc-aarch64-linux-gnu',
      '',
      'Accelerator',
      '  tcg  TCG: there is no /dev/kvm on this host',
      '',
      'Bases',
      '  v6.1      can be built: apt can have linux-source-6.1',
      '',
      'Machine',
      '  2 processors and 8000 MiB of memory to use',
      '',
      'Cache in /home/me/.cache/cr-lab',
    ]);
  });

  it('names what is missing, and the command that installs it', () => {
    const text = renderDoctor(
      {
        ...healthy,
        tools: [{ name: 'gcc', found: false, why: 'compiles the kernel', packages }],
        install: ['sudo apt-get install -y gcc'],
        accelerator: { reason: 'no QEMU' },
        bases: [{ name: 'v6.1', able: false, source: false, why: 'no apt' }],
        obstacles: [
          {
            code: 'no-programs',
            what: 'the lab home, /h, is noexec',
            next: 'Move it.',
            stops: true,
          },
          { code: 'disk-full', what: '9 MiB are free', next: 'Make room.', stops: false },
        ],
      },
      plainStyle,
    ).join('\n');
    for (const words of [/missing {2}gcc/, /sudo apt-get install -y gcc/, /none {2}no QEMU/])
      assert.match(text, words);
    assert.match(text, /v6\.1 {6}cannot be built: no apt/);
    assert.match(text, /in the way {2}the lab home, \/h, is noexec\n {4}Move it\./);
    assert.match(text, /beware {2}9 MiB are free/);
  });
});
