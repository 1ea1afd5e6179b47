import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode, labError } from '../core/errors.ts';

/**
 * Writes a project that runs at once into a folder, which must be empty or not there, and
 * returns the files' names. Throws `project-not-empty` (usage).
 */
export async function writeProject(folder: string): Promise<readonly string[]> {
  const there = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw notEmpty(folder, 'it is not a folder');
  });
  const [first] = there.sort();
  if (first !== undefined) throw notEmpty(folder, `it holds ${first}`);
  const files = filesOf(basename(folder));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return Object.keys(files);
}

function notEmpty(folder: string, what: string): Error {
  return labError({
    code: 'project-not-empty',
    fault: 'usage',
    doing: `writing a project into ${folder}`,
    what,
    next: 'Name a folder that is empty, or one that there is not yet.',
  });
}

function filesOf(name: string): Readonly<Record<string, string>> {
  return {
    'lab.config.ts': `import { defineProject } from 'cr-lab/project';

export default defineProject({
  name: ${JSON.stringify(name)},
  // The kernels that it is proven on: v2.6.30, v6.1, or others that you say the source of.
  bases: ['v6.1'],
  // What git format-patch writes.
  series: 'patches',
  // What your series wants in the kernel's configuration.
  config: ['kernel.config'],
  // Each is built into the guest, static, as /bin/NAME.
  programs: ['programs/hello.c'],
});
`,
    'kernel.config': `# CONFIG_NAME=value lines; one that does not come out as asked is an error.
`,
    'patches/README': `Put your patches here: git format-patch -o patches v6.1..topic
`,
    'cases/hello.ts': `import { assert, suite } from 'cr-lab/case';

const test = suite('a program of the guest');

test('says which kernel it runs on', async ({ guest }) => {
  const { status, lines } = await guest.run(['hello']);
  assert.is(status, 0);
  assert.match(lines[0] ?? '', /^hello from Linux 6\\.1/);
});

test.run();
`,
    'programs/hello.c': `#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname name;

	if (uname(&name) != 0)
		return 1;
	printf("hello from Linux %s\\n", name.release);
	return 0;
}
`,
    'README.md': `# ${name}

    lab run                  the kernel with patches/ applied, and every case of cases/
    lab run --against base   the same cases without patches/ as well: what does the series change?
    lab list                 the cases
    lab shell                a shell in the guest
    lab doctor               what this machine lacks

\`lab.config.ts\` says which kernels, patches, configuration and programs are meant.
`,
    '.gitignore': `/results/
/node_modules/
`,
    '.github/workflows/lab.yml': `name: lab
on: [push, pull_request]

permissions:
  contents: read

env:
  # What npm installs the lab from: a name of a registry, a git repository, a tarball.
  LAB: \${{ vars.LAB || 'cr-lab' }}

jobs:
  lab:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - uses: actions/cache@v4
        with:
          path: ~/.cache/cr-lab
          key: lab-\${{ hashFiles('lab.config.ts', 'patches/**', '*.config') }}
          restore-keys: lab-
      - run: sudo chmod 666 /dev/kvm || true
      - run: npm install --global "$LAB"
      - run: lab run
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: results
          path: results/latest/
`,
  };
}
