import type { ImageDifference } from './image-compare.ts';
import type { ReadImage } from './image-read.ts';
import type { ImageNode } from './image-tree.ts';
import { describeNode, nameNode } from './image-words.ts';
import type { Style } from '../../harness/core/style.ts';
import { cleanLine, count } from '../../harness/core/text.ts';

/** Their content stands in the line of the object they belong to. */
const folded = ['BUFFER', 'STRING', 'FILE_NAME', 'FILE_PIPE', 'PGARR', 'HEADER_ARCH'];

/** Bytes shown of where an image breaks. */
const shownBytes = 32;

/** Returns an image as lines: offset, bytes with all that belongs to it, object, content. */
export function renderImage(image: ReadImage, all: boolean, style: Style): string[] {
  const rows = image.nodes.flatMap((node) => renderNode(node, 0, all, style));
  const head = `${'offset'.padStart(9)} ${'bytes'.padStart(9)}`;
  return [...(rows.length === 0 ? [] : [style.dim(head), ...rows]), ...renderEnd(image, style)];
}

/** Returns how an image ends: whole, in an error record, or broken, where and why. */
export function renderEnd({ bytes, parsed }: ReadImage, style: Style): string[] {
  const { objects, error, complete, broken } = parsed;
  const size = `${count(objects.length, 'object')}, ${count(parsed.bytes, 'byte')}`;
  if (complete) return [style.good(`complete: ${size}`)];
  const record =
    error === undefined ? [] : [style.bad(`ends in an error record: ${cleanLine(error)}`)];
  if (broken === undefined) return [...record, `${size}, no tail`];
  const { offset, why } = broken;
  const last = objects.at(-1);
  const place = last === undefined ? '' : `, after the ${last.name} at byte ${last.offset}`;
  const there = Buffer.from(bytes.subarray(offset, offset + shownBytes)).toString('hex');
  return [
    style.bad(`broken at byte ${offset} (0x${offset.toString(16)})${place}: ${why}`),
    ...(there === '' ? [] : [`  there: ${there.replace(/..(?=.)/g, '$& ')}`]),
    ...record,
    `${size} in all, ${count(parsed.bytes - offset, 'byte')} not read`,
  ];
}

/** Returns differences as lines; one line where there is none. */
export function renderDifferences(differences: readonly ImageDifference[], style: Style): string[] {
  if (differences.length === 0) return ['The images say the same.'];
  return differences.map(({ where, field, before, after }) => {
    const place = cleanLine(where);
    if (field !== undefined)
      return `${style.info('differs')} ${place}: ${field} ${cleanLine(before ?? '?')}, then ${cleanLine(after ?? '?')}`;
    return after === undefined
      ? `${style.bad('gone')}    ${place}`
      : `${style.good('new')}     ${place}`;
  });
}

function renderNode(node: ImageNode, depth: number, all: boolean, style: Style): string[] {
  const { object, bytes, children } = node;
  const name = `${'  '.repeat(depth)}${nameNode(node)}`;
  const what = cleanLine(describeNode(node));
  const numbers = `${String(object.offset).padStart(9)} ${String(bytes).padStart(9)}`;
  const line = `${style.dim(numbers)}  ${style.strong(name)}${what === '' ? '' : `  ${what}`}`;
  const shown = all ? children : children.filter((child) => !folded.includes(child.object.name));
  return [line, ...shown.flatMap((child) => renderNode(child, depth + 1, all, style))];
}
