import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { findLabHome, type LabHome } from '../../harness/core/home.ts';
import { bases } from '../../kernel/bases.ts';
import type { Base } from '../../kernel/base.ts';
import { commitAll, gitIn, toyBase, toyFiles, usualSeries } from '../kernel/toy.ts';
import { writeFragments, writeSeries, writeToy } from '../kernel/toy.ts';

/**
 * A lab home, a source and a series of its own: the toy's, which builds in a second. The
 * "image" at the end of that build is a real kernel, so everything after it is real as well.
 */
export interface World {
  readonly folder: string;
  readonly home: LabHome;
  readonly base: Base;
  /** Whose kernel its guests have: the name of a base. */
  readonly kernel: string;
  /** That kernel's symbols. */
  readonly vmlinux: string;
  readonly source: string;
  readonly patches: string;
  readonly config: string;
  readonly results: string;
  remove(): void;
}

/** A kernel that this machine's lab has built. */
interface Kernel {
  readonly folder: string;
  readonly base: Base;
}

/** Returns the newest of the lab's kernels, of the base that boots fastest of those that suit. */
function findKernel(home: LabHome, suits: (base: Base) => boolean): Kernel | undefined {
  const entries = existsSync(home.images) ? readdirSync(home.images) : [];
  const found = entries
    .filter((name) => /^[0-9a-f]+$/.test(name))
    .map((name) => join(home.images, name))
    .filter((folder) => existsSync(join(folder, '.manifest.json')))
    .map((folder) => ({ folder, time: statSync(folder).mtimeMs, base: baseOf(folder) }))
    .sort((a, b) => b.time - a.time);
  for (const base of bases.filter(suits))
    for (const { folder, base: name } of found) if (name === base.name) return { folder, base };
  return undefined;
}

/**
 * Tells by its configuration's head of which base a kernel is: `Linux kernel version: 2.6.30`,
 * `Linux/x86_64 6.1.170 Kernel Configuration`.
 */
function baseOf(folder: string): string | undefined {
  const head = readFileSync(join(folder, 'config'), 'utf8').slice(0, 400);
  const version = /version: (\S+)|(\S+) Kernel Configuration/.exec(head);
  const found = `${version?.[1] ?? version?.[2] ?? ''}.`;
  return bases.find(({ release }) => found.startsWith(`${release}.`))?.name;
}

const shared = findLabHome();
/** `LAB_TEST_BASE=v6.1` has these tests show what they show with guests of that base. */
const wanted = process.env['LAB_TEST_BASE'];
const kernel = findKernel(shared, ({ name }) => wanted === undefined || name === wanted);
const otherKernel = findKernel(shared, (base) => base !== kernel?.base);

/** Why there can be no world on this machine, or false; for node:test's `skip`. */
export const noWorld =
  kernel === undefined &&
  `no kernel${wanted === undefined ? '' : ` of ${wanted}`} in ${shared.images} yet: these tests want one that \`npm run lab\` has built`;

/** Why no series can change the kernel that a world's guests have, or false. */
export const noOther =
  noWorld ||
  (otherKernel === undefined &&
    `no second base's kernel in ${shared.images} yet: this test wants one that can be told apart`);

/** Guests that hang are waited for: what was measured on a busy host would make that minutes. */
function hasten(facts: string): string {
  return facts
    .replace(/"factor": *[\d.]+/, '"factor": 2')
    .replace(/"at": *\d+/, `"at": ${Date.now()}`);
}

/** The toy's makefile, with a real kernel at its end: another one if the series adds a file. */
const files: typeof toyFiles = {
  ...toyFiles,
  Makefile: (toyFiles['Makefile'] ?? '')
    .replace(
      'cp $(O)/vmlinux $(O)/arch/x86/boot/bzImage',
      'cp $(if $(wildcard kernel/other.c),$(OTHER),$(KERNEL))/bzImage $(O)/arch/x86/boot/',
    )
    .replace('echo map > $(O)/System.map', 'cp $(KERNEL)/System.map $(O)/'),
};

/** Returns a new world. Only what was built for guests before is taken over, as copies. */
export function makeWorld(): World {
  if (kernel === undefined) throw new Error(String(noWorld));
  const folder = mkdtempSync(join(tmpdir(), 'lab-world-'));
  const home = findLabHome({ LAB_HOME: join(folder, 'home') });
  for (const [from, to] of [
    [shared.keys, home.keys],
    [shared.rootfs, home.rootfs],
  ] as const)
    cpSync(from, to, { recursive: true, filter: (path) => !/\.(lock|users|partial)/.test(path) });
  for (const name of readdirSync(shared.sources))
    if (/^(busybox|dropbear)-[0-9a-f]+$/.test(name))
      cpSync(join(shared.sources, name), join(home.sources, name), { recursive: true });
  const facts = join(shared.facts, 'calibration-tcg.json');
  if (existsSync(facts)) {
    mkdirSync(home.facts);
    writeFileSync(join(home.facts, basename(facts)), hasten(readFileSync(facts, 'utf8')));
  }
  const real = join(folder, 'kernel');
  copyKernel(kernel, real);
  const other = join(folder, 'other');
  if (otherKernel !== undefined) copyKernel(otherKernel, other);

  const source = writeToy(join(folder, 'linux'), files);
  const patches = join(folder, 'patches');
  const config = join(folder, 'config');
  writeFragments(config, { boot: 'CONFIG_SMP=y\n# CONFIG_NAME is not set\n', cr: '' });
  writeSeries({ folder, patches }, usualSeries);
  const treeId = gitIn(commitAll(writeToy(join(folder, 'id'), files)), 'rev-parse', 'HEAD^{tree}');
  return {
    folder,
    home,
    source,
    patches,
    config,
    results: join(folder, 'results'),
    kernel: kernel.base.name,
    vmlinux: join(kernel.folder, 'vmlinux'),
    base: {
      ...toyBase,
      source: { ...toyBase.source, treeId } as Base['source'],
      makeVariables: { ...toyBase.makeVariables, KERNEL: real, OTHER: other },
      guest: kernel.base.guest,
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function copyKernel({ folder }: Kernel, to: string): void {
  mkdirSync(to);
  for (const name of ['bzImage', 'System.map']) cpSync(join(folder, name), join(to, name));
}
