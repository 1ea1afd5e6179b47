import type { ImageObject } from './contracts.ts';
import { fileType } from './image-layout.ts';
import type { ImageNode } from './image-tree.ts';
import { count } from '../../harness/core/text.ts';

type Fields = ImageObject['fields'];

/** Returns what names an object among its siblings: `TASK 5`, `VMA 400000-401000`, `FILE #3`. */
export function nameNode({ object, pid, number }: ImageNode): string {
  const { name, fields } = object;
  if (pid !== undefined) return `${name} ${pid}`;
  if (name === 'VMA') return `${name} ${hex(fields['vm_start'])}-${hex(fields['vm_end'])}`;
  if (name === 'FILE_DESC') return `${name} ${fields['fd_descriptor'] ?? '?'}`;
  return number === undefined ? name : `${name} #${number}`;
}

/** Returns an object's content in a few words; empty where its name says it all. */
export function describeNode(node: ImageNode): string {
  const describe = words[node.object.name];
  return describe?.(node.object.fields, node) ?? '';
}

const words: Readonly<Record<string, (fields: Fields, node: ImageNode) => string>> = {
  HEADER: (fields, node) => {
    const texts = node.children.flatMap(({ object }) => object.fields['text'] ?? []);
    return `${texts.join(' ')}, flags ${value(fields['uflags'])}, at ${moment(fields['time'])}`;
  },
  TREE: ({ nr_tasks: tasks }) => count(Number(tasks), 'task'),
  TASK: ({ exit_state: dead, exit_code: code }, node) => {
    const comm = childText(node, 'STRING');
    const end = Number(dead) === 0 ? '' : `, a zombie with exit code ${code ?? '?'}`;
    return `${comm}${end}`;
  },
  TASK_OBJS: ({ files_objref: files, mm_objref: mm }) =>
    `files #${files ?? '?'}, memory #${mm ?? '?'}`,
  FILE_TABLE: ({ fdt_nfds: open }) => count(Number(open), 'descriptor'),
  FILE_DESC: ({ fd_objref: file, fd_close_on_exec: close }) =>
    `is file #${file ?? '?'}${close === 1 ? ', closed on exec' : ''}`,
  FILE: (fields, node) => {
    const mode = Number(fields['f_mode']);
    const how = [...(mode & 1 ? ['read'] : []), ...(mode & 2 ? ['write'] : [])].join(' and ');
    const pipe = node.children.find(({ object }) => object.name === 'FILE_PIPE')?.object.fields;
    const what =
      fields['f_type'] === fileType.PIPE
        ? `an end of pipe #${pipe?.['pipe_objref'] ?? '?'}`
        : `${childText(node, 'FILE_NAME')} at ${Number(fields['f_pos'])}`;
    return `${what}${how === '' ? '' : `, ${how}`}`;
  },
  PIPE: ({ is_fifo: isFifo, nr_bytes: bytes }, node) =>
    `${isFifo === 1 ? `FIFO ${childText(node, 'FILE_NAME')}, ` : ''}${count(Number(bytes), 'byte')} in it`,
  MM: ({ map_count: maps, exe_objref: exe }) =>
    `${count(Number(maps), 'mapping')}, program #${exe ?? '?'}`,
  VMA: (fields, node) => {
    const flags = Number(fields['vm_flags'] ?? 0);
    const letter = (bit: number, set: string, unset = '-') => (flags & bit ? set : unset);
    const access = `${letter(1, 'r')}${letter(2, 'w')}${letter(4, 'x')}${letter(8, 's', 'p')}`;
    const file = `file #${fields['vma_objref'] ?? '?'} from page ${Number(fields['vm_pgoff'])}`;
    const kind = {
      1: 'vdso',
      2: 'anonymous',
      3: file,
      4: `shared memory #${fields['vma_objref'] ?? '?'}`,
      5: file,
    }[Number(fields['vma_type'])];
    const pages = node.children.reduce((sum, { object }) => sum + countPages(object), 0);
    return `${access} ${kind ?? 'of an unknown type'}, ${count(pages, 'page')} saved`;
  },
  PGARR: ({ nr_pages: pages }) => (pages === 0n ? 'no more pages' : count(Number(pages), 'page')),
  TASK_SIGNALS: ({ pending, blocked, nice }) =>
    `pending ${value(pending)}, blocked ${value(blocked)}, nice ${value(nice)}`,
  PROCESS_SIGNALS: ({ pending }, node) => {
    const actions = node.children.find(({ object }) => 'handled' in object.fields)?.object.fields;
    const list = (name: string) => value(actions?.[name]).replace(/^$/, 'none');
    return `pending ${value(pending)}, handled: ${list('handled')}, ignored: ${list('ignored')}`;
  },
  RESTART_BLOCK: ({ function_type: kind }) =>
    ['?', 'no call to go on with', 'nanosleep', 'poll', 'futex'][Number(kind)] ?? value(kind),
  CPU: ({ ip, sp, ax, orig_ax: call }) =>
    `ip ${value(ip)}, sp ${value(sp)}, ax ${value(ax)}, in call ${signed(call)}`,
  STRING: ({ text }) => value(text),
  FILE_NAME: ({ text }) => value(text),
  BUFFER: ({ text, bytes }) => (text === undefined ? count(Number(bytes), 'byte') : value(text)),
  OBJREF: ({ objref, objtype }) => `#${value(objref)} of type ${value(objtype)}, which never comes`,
};

/** Returns a field's value: what 64 bits hold is an address or a set more often than a count. */
export function value(field: Fields[string] | undefined): string {
  if (field === undefined) return '?';
  return typeof field === 'bigint' ? `0x${field.toString(16)}` : String(field);
}

function signed(field: Fields[string] | undefined): string {
  return typeof field === 'bigint' ? String(BigInt.asIntN(64, field)) : value(field);
}

function hex(field: Fields[string] | undefined): string {
  return value(field).replace(/^0x/, '');
}

function countPages({ name, fields }: ImageObject): number {
  return name === 'PGARR' ? Number(fields['nr_pages']) : 0;
}

function childText({ children }: ImageNode, name: string): string {
  const text = children.find(({ object }) => object.name === name)?.object.fields['text'];
  return text === undefined ? '?' : String(text);
}

/** Any bytes can stand there: Date reaches 275760 only. */
function moment(seconds: Fields[string] | undefined): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? value(seconds) : date.toISOString();
}
