import type { ImageNode } from './image-tree.ts';
import { headerBytes, pageBytes } from './image-layout.ts';
import { nameNode, value } from './image-words.ts';
import { count } from '../../harness/core/text.ts';

/** An image's objects as a tree, and the bytes they were read from. */
export interface GrownImage {
  readonly bytes: Uint8Array;
  readonly nodes: readonly ImageNode[];
}

export interface ImageDifference {
  /** From the image down: `TASK 5 > MM #2 > VMA 601000-602000`. */
  readonly where: string;
  /** The field, or what else of it: `number`, `pages`, `payload`; absent for a whole object. */
  readonly field?: string;
  /** Undefined where the object is only in the other image. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Returns what differs between two images, in the order of the first. Where objects stand
 * is no difference: tasks are matched by pid, descriptors by number, mappings by address,
 * everything else by its turn among its siblings of the same type.
 */
export function compareImages(before: GrownImage, after: GrownImage): readonly ImageDifference[] {
  return compareNodes(before.nodes, after.nodes, []);

  function compareNodes(
    old: readonly ImageNode[],
    fresh: readonly ImageNode[],
    path: readonly string[],
  ): ImageDifference[] {
    const [first, second] = [keyed(old), keyed(fresh)];
    const both = [...first].flatMap(([key, node]) => {
      const where = [...path, nameNode(node)];
      const twin = second.get(key);
      if (twin === undefined) return [{ ...lone(where), before: 'there', after: undefined }];
      return compareNode(node, twin, where);
    });
    const added = [...second].filter(([key]) => !first.has(key));
    const more = added.map(([, node]) => ({
      ...lone([...path, nameNode(node)]),
      before: undefined,
      after: 'there',
    }));
    return [...both, ...more];
  }

  function compareNode(
    node: ImageNode,
    twin: ImageNode,
    path: readonly string[],
  ): ImageDifference[] {
    const { where } = lone(path);
    const own = { ...node.object.fields, ...numberOf(node) };
    const other = { ...twin.object.fields, ...numberOf(twin) };
    const names = [...new Set([...Object.keys(own), ...Object.keys(other)])];
    const fields = names
      .filter((field) => own[field] !== other[field])
      .map((field) => ({ where, field, before: value(own[field]), after: value(other[field]) }));
    if (node.object.name === 'VMA') return [...fields, ...comparePages(node, twin, where)];
    const payload = fields.length === 0 ? comparePayload(node, twin, where) : [];
    return [...fields, ...payload, ...compareNodes(node.children, twin.children, path)];
  }

  function comparePages(node: ImageNode, twin: ImageNode, where: string): ImageDifference[] {
    const [old, fresh] = [pagesOf(node, before.bytes), pagesOf(twin, after.bytes)];
    const only = (ones: Pages, others: Pages) => [...ones.keys()].filter((at) => !others.has(at));
    const gone = only(old, fresh);
    const added = only(fresh, old);
    const changed = [...old].filter(([at, page]) => {
      const other = fresh.get(at);
      return other !== undefined && Buffer.compare(page, other) !== 0;
    });
    const saved =
      gone.length + added.length === 0
        ? []
        : [{ where, field: 'pages', before: listPages(gone), after: listPages(added) }];
    const at = listPages(changed.map(([address]) => address));
    const contents = { where, field: 'page contents', before: at, after: 'other bytes' };
    return [...saved, ...(changed.length === 0 ? [] : [contents])];
  }

  function comparePayload(node: ImageNode, twin: ImageNode, where: string): ImageDifference[] {
    const [old, fresh] = [payloadOf(node, before.bytes), payloadOf(twin, after.bytes)];
    const at = old.findIndex((byte, index) => byte !== fresh[index]);
    if (at < 0) return [];
    const byte = (bytes: Uint8Array) => `0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`;
    return [{ where, field: `payload, byte ${at}`, before: byte(old), after: byte(fresh) }];
  }
}

type Pages = ReadonlyMap<bigint, Uint8Array>;

function lone(path: readonly string[]): { readonly where: string } {
  return { where: path.join(' > ') };
}

function numberOf({ number }: ImageNode): Record<string, number> {
  return number === undefined ? {} : { number };
}

function keyed(nodes: readonly ImageNode[]): Map<string, ImageNode> {
  const counts = new Map<string, number>();
  const map = new Map<string, ImageNode>();
  for (const node of nodes) {
    const turn = keyOf(node);
    const number = (counts.get(turn) ?? 0) + 1;
    counts.set(turn, number);
    map.set(`${turn} ${number}`, node);
  }
  return map;
}

function keyOf({ object, pid }: ImageNode): string {
  const { name, fields } = object;
  if (name === 'TASK') return `TASK ${pid ?? ''}`;
  if (name === 'VMA') return `VMA ${value(fields['vm_start'])}`;
  return name === 'FILE_DESC' ? `FILE_DESC ${value(fields['fd_descriptor'])}` : name;
}

function pagesOf({ children }: ImageNode, bytes: Uint8Array): Pages {
  const pages = new Map<bigint, Uint8Array>();
  for (const { object, children: buffers } of children) {
    const pageCount = Number(object.fields['nr_pages']);
    const [buffer] = buffers;
    if (object.name !== 'PGARR' || pageCount === 0 || buffer === undefined) continue;
    const payload = payloadOf(buffer, bytes);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    for (let n = 0; n < pageCount; n += 1) {
      const start = 8 * pageCount + n * pageBytes;
      pages.set(view.getBigUint64(8 * n, true), payload.subarray(start, start + pageBytes));
    }
  }
  return pages;
}

function payloadOf({ object }: ImageNode, bytes: Uint8Array): Uint8Array {
  return bytes.subarray(object.offset + headerBytes, object.offset + object.length);
}

function listPages(addresses: readonly bigint[]): string {
  const shown = addresses.slice(0, 4).map((address) => value(address));
  const more = addresses.length > shown.length ? ', …' : '';
  return `${count(addresses.length, 'page')}${shown.length === 0 ? '' : ` (${shown.join(', ')}${more})`}`;
}
