import { z } from 'zod';
import { labError } from '../core/errors.ts';
import type { LabError } from '../core/errors.ts';
import type { ShimAnswer } from './shim-client.ts';

/** The shim's answers as far as the guest's methods read them; see rootfs/README.md. */
const end = { status: z.number().nullable(), signal: z.string().nullable() };

export const callAnswer = z.looseObject({
  ret: z.number().nullable(),
  errno: z.string().nullable(),
  bytes: z.number().nullable(),
  us: z.number(),
  timeout: z.boolean(),
  ended: z.boolean(),
  status: end.status.optional(),
  signal: end.signal.optional(),
  counts: z.record(z.string(), z.number()).optional(),
});
export type CallAnswer = z.infer<typeof callAnswer>;

export const freezerAnswer = z.looseObject({ state: z.string().nullable(), timeout: z.boolean() });
export const frozenAnswer = z.looseObject({ state: z.string().nullable() });
export const plainAnswer = z.looseObject({ ret: z.number(), errno: z.string().nullable() });
export const spawnAnswer = z.looseObject({ handle: z.number(), pid: z.number() });
export const pidsAnswer = z.looseObject({ unused: z.number() });
export const slabsAnswer = z.looseObject({ active: z.record(z.string(), z.number().nullable()) });
export const sysctlAnswer = z.looseObject({ value: z.string() });
export const readAnswer = z.looseObject({ data: z.string(), length: z.number(), end: z.boolean() });
export const statAnswer = z.looseObject({ exists: z.boolean(), size: z.number().optional() });
export const endAnswer = z.looseObject({ ...end, gone: z.boolean().default(true) });
export const anyAnswer = z.looseObject({});
export const stateAnswer = z.looseObject({
  pid: z.number(),
  exists: z.boolean(),
  state: z.string().default(''),
  ppid: z.number().default(0),
  tracer: z.number().default(0),
  uid: z.number().default(0),
  threads: z.number().default(0),
  comm: z.string().default(''),
  frozenGroup: z.string().nullable().default(null),
});

/**
 * Returns an answer in the shape the command has. Throws an error that carries the shim's
 * own line where the shim could not do its job, or says something else altogether.
 */
export function readAs<T>(schema: z.ZodType<T>, argv: readonly string[], answer: ShimAnswer): T {
  for (const reason of [answer['error'], answer['usage']])
    if (typeof reason === 'string') throw shimFailed(argv, reason, answer);
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw shimFailed(argv, `an answer of another shape: ${z.prettifyError(read.error)}`, answer);
}

function shimFailed(argv: readonly string[], what: string, answer: ShimAnswer): LabError {
  return labError({
    code: 'usage' in answer ? 'shim-misused' : 'shim-failed',
    fault: 'infrastructure',
    doing: `in the guest, ${argv.slice(0, 8).join(' ').slice(0, 160)}`,
    what: what.split('\n').join('; '),
    next: 'The shim could not even make the call: look at what the case asks for.',
    details: [JSON.stringify(answer).slice(0, 2000)],
  });
}
