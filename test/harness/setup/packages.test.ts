import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  installHints,
  managerOf,
  neededTools,
  packagesFor,
} from '../../../harness/setup/packages.mjs';
import { clang, tools } from '../../../harness/setup/tools.mjs';

const systems = [
  ['Debian', 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n', 'apt'],
  ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\n', 'apt'],
  ['a derivative', 'ID=pop\nID_LIKE="ubuntu debian"\n', 'apt'],
  ['Fedora', 'ID=fedora\n', 'dnf'],
  ['Rocky', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf'],
  ['Arch', 'ID=arch\n', 'pacman'],
  ['Arch Linux ARM', 'ID=archarm\nID_LIKE=arch\n', 'pacman'],
  ['openSUSE Tumbleweed', 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', 'zypper'],
  ['openSUSE Leap', 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'zypper'],
  ['SUSE Linux Enterprise', 'ID="sles"\nID_LIKE="suse"\n', 'zypper'],
  ['one with Debian in its name only', 'ID=other\nHOME_URL="https://debian.org"\n', undefined],
  ['one without the file', '', undefined],
] as const;

for (const [name, osRelease, manager] of systems) {
  it(`finds the package manager of ${name}`, () => {
    assert.equal(managerOf(osRelease), manager);
  });
}

it("wants Debian's keys only where there is apt", () => {
  const names = (osRelease: string) => neededTools(osRelease).map(({ name }) => name);
  assert.ok(names('ID=ubuntu\n').includes("Debian's keys"));
  assert.ok(!names('ID=fedora\n').includes("Debian's keys"));
  assert.ok(!names('').includes("Debian's keys"));
  assert.ok(names('').includes('QEMU'));
});

it('names a package that holds several tools once', () => {
  const [first] = tools;
  assert.ok(first);
  assert.deepEqual(packagesFor([first, first], 'apt'), ['qemu-system-x86']);
});

it('names all packages of a tool that is in several', () => {
  const musl = tools.filter(({ name }) => name === 'musl');
  assert.deepEqual(packagesFor(musl, 'dnf'), ['musl-gcc', 'musl-libc-static']);
});

it('prints one command where the system is known, and one for each manager where it is not', () => {
  assert.equal(installHints(tools, 'dnf').length, 1);
  const commands = installHints(tools, undefined).map((line) => line.split(' ')[1]);
  assert.deepEqual(commands, ['apt-get', 'dnf', 'pacman', 'zypper']);
});

it('knows for every tool how to look for it, why it is needed and where to get it', () => {
  for (const tool of [...tools, clang]) {
    assert.ok((tool.commands?.length ?? 0) + (tool.files?.length ?? 0) > 0, tool.name);
    assert.ok(tool.why.length > 5, tool.name);
    const managers = ['apt', 'dnf', 'pacman', 'zypper'] as const;
    for (const manager of tool.manager === undefined ? managers : [tool.manager])
      assert.match(
        tool.packages[manager] ?? '',
        /^[a-z0-9][a-z0-9.+-]*( [a-z0-9][a-z0-9.+-]*)*$/,
        tool.name,
      );
  }
});
