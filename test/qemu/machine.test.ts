import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Machine } from '../../qemu/contracts.ts';
import {
  checkSocketPath,
  stateInputs,
  machineArguments,
  manualCommand,
} from '../../qemu/machine.ts';

const machine: Machine = {
  architecture: 'x86_64',
  accelerator: 'tcg',
  cpu: 'qemu64',
  cpus: 2,
  memory: 128,
  kernel: '/a b/bzImage',
  initramfs: '/rootfs.gz',
  commandLine: ['console=ttyS0', 'panic=1'],
};

/** The word after an option. */
function valueOf(argv: readonly string[], option: string): string | undefined {
  return argv[argv.indexOf(option) + 1];
}

describe('machineArguments', () => {
  const argv = machineArguments(machine, { name: 'v2.6.30,1', restoring: false });

  it('says what an arm64 machine is', () => {
    const arm: Machine = {
      ...machine,
      architecture: 'arm64',
      cpu: 'cortex-a57',
      commandLine: ['console=ttyAMA0'],
    };
    const words = machineArguments(arm, { name: 'v6.1-arm64', restoring: false });
    assert.equal(valueOf(words, '-M'), 'virt');
    assert.equal(valueOf(words, '-append'), 'console=ttyAMA0', 'it has no time-stamp counter');
    assert.ok(words.includes('virtio-net-device,netdev=net0'));
    assert.match(manualCommand(arm, 'qemu-system-aarch64'), /^qemu-system-aarch64 -M virt /);
  });

  it('says what the machine is', () => {
    assert.equal(valueOf(argv, '-M'), 'pc');
    assert.match(valueOf(argv, '-accel') ?? '', /^tcg\b/);
    assert.equal(valueOf(argv, '-smp'), '2,sockets=2,cores=1,threads=1');
    assert.equal(valueOf(argv, '-m'), '128');
    assert.equal(valueOf(argv, '-kernel'), '/a b/bzImage');
    assert.equal(valueOf(argv, '-append'), 'console=ttyS0 panic=1 notsc');
    const fast = machineArguments(
      { ...machine, accelerator: 'kvm' },
      { name: 'x', restoring: false },
    );
    assert.equal(valueOf(fast, '-append'), 'console=ttyS0 panic=1');
  });

  it('opens nothing to the world and fixes no port', () => {
    assert.match(valueOf(argv, '-netdev') ?? '', /restrict=on,hostfwd=tcp:127\.0\.0\.1:0-:22$/);
    assert.ok(argv.includes('-nodefaults') && argv.includes('-no-user-config'));
  });

  it('does not let a comma in a name end it', () => {
    assert.equal(valueOf(argv, '-name'), 'guest=v2.6.30,,1');
  });

  it('leaves out what is not there', () => {
    assert.ok(!argv.includes('-incoming') && !argv.includes('-gdb'));
    const bare = machineArguments({ ...machine, initramfs: '' }, { name: 'x', restoring: true });
    assert.ok(!bare.includes('-initrd'));
    assert.equal(valueOf(bare, '-incoming'), 'defer');
  });
});

describe('stateInputs', () => {
  it('depends on hardware and command line, not on where files lie or what it is called', () => {
    const inputs = stateInputs(machine);
    assert.deepEqual(stateInputs({ ...machine, kernel: '/other', initramfs: '/else' }), inputs);
    assert.notDeepEqual(stateInputs({ ...machine, memory: 64 }), inputs);
    assert.notDeepEqual(stateInputs({ ...machine, cpus: 1 }), inputs);
    assert.notDeepEqual(stateInputs({ ...machine, commandLine: [] }), inputs);
  });
});

describe('manualCommand', () => {
  it('can be pasted into a shell', () => {
    const command = manualCommand(
      { ...machine, accelerator: 'kvm', commandLine: ["it's"] },
      'qemu-system-x86_64',
    );
    assert.match(command, /-kernel '\/a b\/bzImage'/);
    assert.match(command, /-append 'it'\\''s'$/);
    assert.doesNotMatch(command, /fd=/);
  });
});

describe('checkSocketPath', () => {
  it('counts bytes, and the NUL after them', () => {
    assert.doesNotThrow(() => checkSocketPath('x'.repeat(107)));
    assert.throws(() => checkSocketPath('x'.repeat(108)), { code: 'socket-path-too-long' });
    assert.throws(() => checkSocketPath('ü'.repeat(54)), { code: 'socket-path-too-long' });
  });
});
