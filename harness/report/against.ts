import type { Against, KernelSize } from '../core/against.ts';
import { cleanLine, count, duration } from '../core/text.ts';

/** Returns what a series changed, in words: the first line sums up, each after it is one thing. */
export function describeAgainst(against: Against): readonly [string, ...string[]] {
  const { base, fixed, broken, stillRed, fresh, complaints, slower, unjudged, size } = against;
  const [before, after] = [total(size.before), total(size.after)];
  const words = [
    `${fixed.length} fixed`,
    `${broken.length} broken`,
    count(complaints.length, 'new complaint'),
    `${slower.length} slower`,
    ...(fresh.length === 0 ? [] : [`${fresh.length} only with it`]),
    ...(stillRed.length === 0 ? [] : [`${stillRed.length} red with and without it`]),
    ...(unjudged.length === 0 ? [] : [`${unjudged.length} could not be judged`]),
    `kernel ${signed(after - before)} bytes`,
  ];
  return [
    `The series on ${base}: ${words.join(', ')}`,
    ...fixed.map((id) => `fixed: ${id}`),
    ...broken.map((id) => `broken: ${id}`),
    ...complaints.map(({ id, line }) => `new complaint: ${id}: ${cleanLine(line)}`),
    ...slower.map(
      (each) => `slower: ${each.id}: ${duration(each.before)}, now ${duration(each.after)}`,
    ),
    ...unjudged.map((id) => `not judged: ${id}`),
    `kernel: ${describeSize(size.before, size.after)}`,
  ];
}

function describeSize(before: KernelSize, after: KernelSize): string {
  return (['text', 'data', 'bss'] as const)
    .map((part) => `${part} ${after[part]} (${signed(after[part] - before[part])})`)
    .join(', ');
}

function total({ text, data, bss }: KernelSize): number {
  return text + data + bss;
}

function signed(number: number): string {
  return number < 0 ? String(number) : `+${number}`;
}
