import { z } from 'zod';
import type { Context } from '../../harness/core/context.ts';
import { recallFact } from '../../harness/core/facts.ts';
import { run } from '../../harness/core/run.ts';
import { toolEnvironment } from '../../harness/core/tool-environment.ts';
import type { Base } from '../base.ts';
import { identifyCompiler } from './compiler.ts';

/** Functions of the sample: gcc 12 takes 0.45 s for them on a processor of 2023. */
const functions = 60;

/**
 * How long one file of a kernel takes, in times of the sample: the processor time of a whole build
 * without ccache by its files, with gcc 12, 1.1 on 2.6.30 and 1.2 on 6.1.
 */
const samplesPerFile = 1.15;

/** Milliseconds. A host on which the sample takes longer is not one to estimate for. */
const patience = 30_000;

/**
 * Returns the milliseconds of processor time that a base's compiler takes for one file of its
 * kernel, measured once per boot of this machine on a sample; undefined where the compiler does
 * not take it.
 */
export async function measureCompiler(base: Base, context: Context): Promise<number | undefined> {
  const [command = 'gcc', ...flags] = base.compiler;
  const milliseconds = await recallFact(context.home, {
    name: `compiler-${base.name}`,
    inputs: { compiler: await identifyCompiler(base), flags: flags.join(' ') },
    schema: z.number(),
    measure: () => timeSample([command, ...flags], context),
  });
  return milliseconds === 0 ? undefined : milliseconds * samplesPerFile;
}

/** Returns 0 where the sample was not compiled. */
async function timeSample(compiler: readonly string[], { signal }: Context): Promise<number> {
  // Processor time: how busy the host is just now says nothing of the minutes to come.
  const script = '"$@" -O2 -x c -c -o /dev/null - && times';
  const { status, stdout } = await run('sh', ['-c', script, 'sh', ...compiler], {
    timeout: patience,
    signal,
    input: sample(),
    env: toolEnvironment(),
  });
  return status === 0 ? readTimes(stdout) : 0;
}

/**
 * Returns the milliseconds that a shell's children have used, of what its `times` prints: two
 * lines, the shell's and its children's, of `0m0.42s 0m0.03s`.
 */
export function readTimes(text: string): number {
  const [, children = ''] = text.trim().split('\n');
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return Math.round(
    parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0) *
      1000,
  );
}

/** C of the kind that kernels are made of: lists, switches, calls through pointers. */
function sample(): string {
  const one = (number: number) => `
int walk${number}(struct item *item, unsigned long key, int (*visit)(struct item *, int))
{
	int found = 0;

	for (; item; item = item->next) {
		if (item->key != key + ${number})
			continue;
		switch (item->state & 7) {
		case 0:
			item->count += ${number};
			break;
		case 1:
			item->count = visit(item, found);
			break;
		case 2:
			if (item->count > ${number})
				return -1;
			break;
		default:
			found += item->name[item->count & 31];
		}
	}
	return found;
}`;
  return [
    'struct item { struct item *next; unsigned long key; int state, count; char name[32]; };',
    ...Array.from({ length: functions }, (_, number) => one(number)),
    '',
  ].join('\n');
}
