import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { decodeStack, formatFrame, type SymbolFiles } from '../../qemu/symbols.ts';

interface KernelFiles {
  readonly vmlinux: string;
  readonly systemMap: string;
  readonly sourceRoot: string;
}

const source = `
static inline __attribute__((always_inline)) int within(int *p)
{
	return *p + 1;
}

__attribute__((noinline)) int outer(int *p)
{
	return within(p) * 3;
}

int main(void)
{
	int one = 1;
	return outer(&one);
}
`;

/** Builds a program that stands for a kernel, and its System.map. */
async function build(context: TestContext): Promise<KernelFiles> {
  const { path: sourceRoot, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  context.after(() => cleanup());
  await mkdir(join(sourceRoot, 'kernel'));
  await writeFile(join(sourceRoot, 'kernel/fault.c'), source);
  const vmlinux = join(sourceRoot, 'vmlinux');
  const flags = ['-g', '-O1', '-no-pie', '-fno-pie', '-o', vmlinux];
  await execa('gcc', [...flags, join(sourceRoot, 'kernel/fault.c')]);
  const systemMap = join(sourceRoot, 'System.map');
  const { stdout } = await execa('nm', ['-n', vmlinux]);
  await writeFile(systemMap, stdout);
  return { vmlinux, systemMap, sourceRoot };
}

async function addressOf(files: KernelFiles, name: string): Promise<string> {
  const { stdout } = await execa('nm', [files.vmlinux]);
  return new RegExp(`^(\\S+) T ${name}$`, 'm').exec(stdout)?.[1] ?? assert.fail(name);
}

async function texts(lines: readonly string[], files: SymbolFiles): Promise<string[][]> {
  return (await decodeStack(lines, files)).map(({ frames }) => frames.map(formatFrame));
}

describe('decodeStack', () => {
  it('finds file and line by name and offset, inlined functions included', async (t) => {
    const files = await build(t);
    const [rip] = await texts(['RIP: 0010:outer+0x0/0x9'], files);
    assert.deepEqual(rip, ['within, inlined (kernel/fault.c:4)', 'outer+0x0 (kernel/fault.c:9)']);
  });

  it("finds them by 2.6.30's raw address when the kernel has no names", async (t) => {
    const files = await build(t);
    const address = await addressOf(files, 'outer');
    const [rip] = await texts([`RIP: 0010:[<${address}>]`], files);
    assert.deepEqual(rip?.at(-1), 'outer+0x0 (kernel/fault.c:9)');
  });

  it('takes a return address for the call before it', async (t) => {
    const files = await build(t);
    const { stdout } = await execa('objdump', ['-d', '--no-show-raw-insn', files.vmlinux]);
    const start = BigInt(`0x${await addressOf(files, 'main')}`);
    const next = /call .*<outer>\n\s*([0-9a-f]+):/.exec(stdout)?.[1] ?? assert.fail(stdout);
    const offset = (BigInt(`0x${next}`) - start).toString(16);
    const [frame] = await texts([` main+0x${offset}/0x40`], files);
    assert.deepEqual(frame, [`main+0x${offset} (kernel/fault.c:15)`]);
  });

  it("keeps the kernel's own doubts", async (t) => {
    const files = await build(t);
    const lines = [' [<ffffffff8022deaa>] ? do_exit+0x68a/0x6d0', ' ? outer+0x1/0x9'];
    const [first, second] = await texts(lines, { systemMap: files.systemMap });
    assert.deepEqual([first, second], [['? do_exit+0x68a'], ['? outer+0x1']]);
  });

  it('does with as little as there is', async (t) => {
    const { systemMap, vmlinux } = await build(t);
    const address = await addressOf({ systemMap, vmlinux, sourceRoot: '' }, 'outer');
    assert.deepEqual(await texts([` [<${address}>]`], { systemMap }), [['outer+0x0']]);
    assert.deepEqual(await texts([' f+0x1/0x2', 'Call Trace:'], {}), [['f+0x1'], []]);
    assert.deepEqual(await texts([' f+0x1/0x2'], { vmlinux: '/nonexistent' }), [['f+0x1']]);
  });
});
