import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { main } from '../../../harness/cli/cli.ts';
import { openCli } from '../../../harness/core/cli-context.ts';

let folder: string;

const kernel = 'struct task { int pid, flags, seq; } task;\nint entry(void) { return task.pid; }\n';

/** A project whose ledger has these rows of `task`. */
function configOf(rows: string): string {
  return `export default { name: 'toy', bases: ['v6.1'], state: [{ name: 'task', about: 'a thread', rows: [${rows}] }] };\n`;
}

const pid = "{ fields: ['pid', 'flags'], fate: 'derived', why: 'by the kernel', cases: [] }";

const projects = {
  whole: configOf(`${pid}, { fields: ['seq'], fate: 'lost', why: 'it is 0', cases: [] }`),
  unknown: configOf(`${pid}, { fields: ['comm'], fate: 'lost', why: '', cases: [] }`),
  broken: configOf("{ fields: ['pid'], fate: 'gone', why: 'by the kernel', cases: [] }"),
  none: "export default { name: 'toy', bases: ['v6.1'] };\n",
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-state-'));
  for (const [name, text] of Object.entries(projects)) {
    await mkdir(join(folder, name, 'cases'), { recursive: true });
    await writeFile(join(folder, name, 'lab.config.ts'), text);
  }
  await writeFile(join(folder, 'kernel.c'), kernel);
  const flags = ['-nostdlib', '-static', '-no-pie', '-Wl,-e,entry'];
  await execa('gcc', [...flags, '-g', '-o', 'vmlinux', 'kernel.c'], { cwd: folder });
  await execa('gcc', [...flags, '-o', 'bare', 'kernel.c'], { cwd: folder });
});
after(() => rm(folder, { recursive: true, force: true }));

async function lab(project: keyof typeof projects, ...args: readonly string[]) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const streams = { stdout: out, stderr: err } as unknown as Pick<
    ReturnType<typeof openCli>,
    'stdout' | 'stderr'
  >;
  const words = ['state', ...args];
  const cli = { ...openCli(words, { NO_COLOR: '1' }), folder: join(folder, project), ...streams };
  const status = await main(words, cli);
  const text = (stream: PassThrough) => String((stream.read() as Buffer | null) ?? '');
  return { status, stdout: text(out), stderr: text(err) };
}

const built = ['--base', 'v6.1', '--vmlinux', '../vmlinux'];

describe('lab state', () => {
  it('counts what becomes of the fields, and leaves with 0 where ledger and kernel agree', async () => {
    const { status, stdout } = await lab('whole', ...built);
    assert.equal(stdout, 'v6.1: 1 struct, 3 fields: 2 derived, 1 lost\n');
    assert.equal(status, 0);
  });

  it('says what is unknown, what is stale and what lacks a reason, and leaves with 1', async () => {
    const { status, stdout } = await lab('unknown', ...built);
    assert.deepEqual(stdout.split('\n').slice(0, 3), [
      'red  task.comm: a row gives no reason',
      'red  task.seq: v6.1 has it, the ledger does not',
      'red  task.comm: the ledger has it, v6.1 does not',
    ]);
    assert.equal(status, 1);
  });

  it('is red for a kernel without debugging information', async () => {
    const { status, stdout } = await lab('whole', '--base', 'v6.1', '--vmlinux', '../bare');
    assert.match(stdout, /^red {2}task: v6\.1 has no such struct, or says nothing of its fields$/m);
    assert.equal(status, 1);
  });

  it('prints what the ledger says of a struct', async () => {
    const { status, stdout } = await lab('whole', 'task');
    assert.match(stdout, /^task: a thread\nderived +pid flags\n +by the kernel\nlost +seq\n/);
    assert.equal(status, 0);
  });

  const mistakes: readonly (readonly [string, keyof typeof projects, readonly string[], RegExp])[] =
    [
      ['no ledger', 'none', [], /\[state-missing\]/],
      ['a fate that there is not', 'broken', built, /\[project-unreadable\]/],
      [
        'a struct that the ledger has not',
        'whole',
        ['mm'],
        /it has no struct mm[^]*\[state-unknown\]/,
      ],
      ['a kernel of no base', 'whole', ['--vmlinux', '../vmlinux'], /\[options-contradict\]/],
    ];
  for (const [what, project, args, said] of mistakes)
    it(`leaves with 2 for ${what}`, async () => {
      const { status, stderr } = await lab(project, ...args);
      assert.match(stderr, said);
      assert.equal(status, 2);
    });
});
