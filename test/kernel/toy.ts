import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import { isLabError, type LabError } from '../../harness/core/errors.ts';
import { createStream } from '../../harness/core/events.ts';
import type { LabEvent } from '../../harness/core/events.ts';
import { findLabHome } from '../../harness/core/home.ts';
import type { Base } from '../../kernel/base.ts';

/** Every file of a folder with its content and dates. */
export function stateOf(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((name) => {
      const facts = lstatSync(name);
      const content = facts.isFile()
        ? createHash('sha1').update(readFileSync(name)).digest('hex')
        : '';
      return `${name} ${facts.mtimeMs} ${facts.mode} ${content}`;
    });
}

/** A source of a few files that make configures and builds as it does a kernel. */
export const toyFiles: Readonly<Record<string, string>> = {
  Makefile: [
    'VERSION = 2',
    'PATCHLEVEL = 6',
    'SUBLEVEL = 30',
    'EXTRAVERSION =',
    'objects := $(patsubst %.c,$(O)/%.o,$(wildcard kernel/*.c))',
    'allnoconfig:',
    '\tcd $(O) && sh $(CURDIR)/scripts/conf.sh $(CURDIR)/Kconfig',
    'oldconfig:',
    '\tread answer && cd $(O) && echo "# settled" >> $$KCONFIG_CONFIG',
    'bzImage: $(objects)',
    '\tmkdir -p $(O)/arch/x86/boot',
    '\tcat $(objects) > $(O)/vmlinux',
    '\tcp $(O)/vmlinux $(O)/arch/x86/boot/bzImage',
    '\techo map > $(O)/System.map',
    '$(O)/kernel/%.o: kernel/%.c $(O)/.config',
    '\t@mkdir -p $(@D); echo "  CC      kernel/$*.o"',
    '\t@$(CC) -Wall -Iinclude -c -o $@ $(CURDIR)/$<',
    '',
  ].join('\n'),
  Kconfig: 'config SMP\nconfig NAME\n\tdepends on SMP\n',
  'scripts/conf.sh': [
    '# Takes from the wishes what Kconfig knows.',
    ': > "$KCONFIG_CONFIG"',
    'while read -r line; do',
    '  symbol=$(echo "$line" | sed "s/^# //; s/^CONFIG_//; s/[= ].*//")',
    '  grep -qx "config $symbol" "$1" && echo "$line" >> "$KCONFIG_CONFIG"',
    'done < "$KCONFIG_ALLCONFIG"',
    'exit 0',
    '',
  ].join('\n'),
  'kernel/fork.c': Array.from({ length: 40 }, (_, line) => `int fork_${line};\n`).join(''),
  'kernel/exit.c': [
    ...Array.from({ length: 40 }, (_, line) => `int exit_${line};\n`),
    // The base has a warning of its own.
    'int exit_old(void)\n{\n\tint unused;\n\treturn 0;\n}\n',
  ].join(''),
  'include/linux/empty.h': '',
  '.gitignore': '*.o\nignored.txt\n',
  'ignored.txt': 'a file that .gitignore would hide\n',
  'CRLF.txt': 'a line\r\nand another\r\n',
};

/** Writes the toy source into a folder. */
export function writeToy(folder: string, files = toyFiles): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  chmodSync(join(folder, 'scripts/conf.sh'), 0o755);
  symlinkSync('kernel', join(folder, 'link'));
  return folder;
}

/** Runs git as a user would, with an identity and nothing of this machine's configuration. */
export function gitIn(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=A Developer', '-c', 'user.email=dev@example.org'];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const flags = ['-C', folder, ...identity, '-c', 'protocol.file.allow=always'];
  return execFileSync('git', [...flags, ...args], { env, encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** Makes a folder a git repository with everything in it committed and tagged v2.6.30. */
export function commitAll(folder: string, message = 'Linux 2.6.30'): string {
  gitIn(folder, 'init', '--quiet');
  gitIn(folder, 'add', '-A', '-f', '.');
  gitIn(folder, 'commit', '--quiet', '-m', message);
  gitIn(folder, 'tag', '-f', 'v2.6.30');
  return folder;
}

/** What the toy's files hash to: by plain git, not by the code under test. */
function findTreeId(): string {
  const folder = mkdtempSync(join(tmpdir(), 'toy-id-'));
  try {
    return gitIn(commitAll(writeToy(folder)), 'rev-parse', 'HEAD^{tree}');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const toyTreeId = findTreeId();

/** A base whose source is the toy. */
export const toyBase: Base = {
  name: 'v2.6.30',
  release: '2.6.30',
  architecture: 'x86_64',
  source: { kind: 'git-tree', treeId: toyTreeId, tag: 'v2.6.30', urls: [] },
  compiler: ['gcc', '-O1'],
  hostCompiler: ['gcc'],
  makeVariables: { ARCH: 'x86_64' },
  pinnedCommands: { hostname: 'echo toy' },
  pinnedTime: { seconds: 0, objects: {} },
  objects: 2,
  config: { start: 'allnoconfig', settle: 'oldconfig', fragments: ['boot', 'cr'] },
  guest: { commandLine: [], memory: 128, cpus: 1, cpu: { tcg: 'qemu64', kvm: 'qemu64' } },
};

export interface Toy {
  /** A folder that goes when the test ends. */
  readonly folder: string;
  readonly context: Context;
  readonly events: LabEvent[];
  readonly controller: AbortController;
  readonly patches: string;
  readonly config: string;
}

/** Runs a test with a lab home, a series and fragments of its own. */
export async function withToy(work: (toy: Toy) => Promise<void>): Promise<void> {
  // Where whoever runs the tests has the real bases is no business of the toy's.
  for (const name of Object.keys(process.env))
    if (name.startsWith('LAB_SOURCE_')) Reflect.deleteProperty(process.env, name);
  const folder = mkdtempSync(join(tmpdir(), 'lab-toy-'));
  const events: LabEvent[] = [];
  const controller = new AbortController();
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch);
  const context: Context = {
    home: findLabHome({ LAB_HOME: join(folder, 'home') }),
    emit: createStream([(event) => events.push(event)]),
    signal: controller.signal,
    scratch,
  };
  const [patches, config] = [join(folder, 'patches'), join(folder, 'config')];
  writeFragments(config, { boot: 'CONFIG_SMP=y\n# CONFIG_NAME is not set\n', cr: '' });
  try {
    await work({ folder, context, events, controller, patches, config });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes configuration fragments of the toy base. */
export function writeFragments(config: string, fragments: Readonly<Record<string, string>>): void {
  mkdirSync(join(config, toyBase.name), { recursive: true });
  for (const [name, text] of Object.entries(fragments))
    writeFileSync(join(config, toyBase.name, `${name}.config`), text);
}

export interface Edit {
  readonly subject: string;
  /** New content by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Writes a series as `git format-patch` would from commits with these edits. */
export function writeSeries(
  toy: Pick<Toy, 'folder' | 'patches'>,
  groups: Readonly<Record<string, readonly Edit[]>>,
): void {
  const work = mkdtempSync(join(toy.folder, 'series-'));
  commitAll(writeToy(work));
  const root = join(toy.patches, toyBase.name);
  rmSync(root, { recursive: true, force: true });
  const listed: string[] = ['# The toy series'];
  for (const [group, edits] of Object.entries(groups)) {
    listed.push('', `# ${group}`);
    for (const [index, { subject, files }] of edits.entries()) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(work, name)), { recursive: true });
        writeFileSync(join(work, name), text);
      }
      gitIn(work, 'add', '-A', '-f', '.');
      gitIn(work, 'commit', '--quiet', '-m', subject, '-m', 'Because.');
      const into = ['--start-number', String(index + 1), '-o', join(root, group), '-1', '-N'];
      const path = gitIn(work, 'format-patch', ...into, 'HEAD');
      listed.push(path.slice(root.length + 1));
    }
  }
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'series'), `${listed.join('\n')}\n`);
}

/** Returns a toy file with some of its lines replaced. */
export function edited(name: string, lines: Readonly<Record<number, string>>): string {
  const text = (toyFiles[name] ?? '').split('\n');
  for (const [line, content] of Object.entries(lines)) text[Number(line) - 1] = content;
  return text.join('\n');
}

/** The series most tests use: one toolchain patch, three of c/r. */
export const usualSeries: Readonly<Record<string, readonly Edit[]>> = {
  toolchain: [
    { subject: 'toolchain: let it build', files: { 'include/linux/gcc12.h': '#define GCC 12\n' } },
  ],
  cr: [
    {
      subject: 'c/r: system calls',
      files: {
        Kconfig: `${toyFiles['Kconfig'] ?? ''}config CHECKPOINT\n`,
        'kernel/sys.c': 'int sys_checkpoint;\n',
      },
    },
    {
      subject: 'c/r: look at fork',
      files: { 'kernel/fork.c': edited('kernel/fork.c', { 5: 'int ckpt_5;', 30: 'int ckpt_30;' }) },
    },
    { subject: 'c/r: documentation', files: { 'Documentation/cr.txt': 'What it does.\n' } },
  ],
};

/** Returns the error that work fails with. */
export async function failureOf(work: Promise<unknown>): Promise<LabError> {
  try {
    await work;
  } catch (error) {
    assert.ok(isLabError(error), String(error));
    return error;
  }
  assert.fail('it succeeded');
}
