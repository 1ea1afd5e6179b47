import type { ImageObject } from './contracts.ts';
import { typeOf } from './image-layout.ts';

/** An object of an image with those that belong to it. */
export interface ImageNode {
  readonly object: ImageObject;
  /** The shared object's number, from the OBJREF before it. */
  readonly number?: number;
  /** A TASK's pid, from the tree's table. */
  readonly pid?: number;
  readonly children: readonly ImageNode[];
  /** Bytes of the object, its OBJREF and its children. */
  readonly bytes: number;
}

interface Growing {
  readonly object: ImageObject;
  readonly number?: number;
  readonly pid?: number;
  readonly children: Growing[];
}

/** What an object may belong to; one that is not listed belongs to the object before it. */
const parentsOf: Readonly<Partial<Record<string, readonly string[]>>> = {
  HEADER: [],
  TREE: [],
  TASK: [],
  TAIL: [],
  ERROR: [],
  TASK_OBJS: ['TASK'],
  TASK_NS: ['TASK'],
  TASK_SIGNALS: ['TASK'],
  PROCESS_SIGNALS: ['TASK'],
  RESTART_BLOCK: ['TASK'],
  NS: ['TASK'],
  TASK_UNDO: ['TASK'],
  TASK_SCHED: ['TASK'],
  IPC_NS: ['TASK'],
  IPC_NS_MORE: ['IPC_NS'],
  IPC_NS_LIMITS: ['IPC_NS'],
  IPC_SHM: ['IPC_NS'],
  IPC_MSG: ['IPC_NS'],
  IPC_MESSAGE: ['IPC_MSG'],
  IPC_SEM: ['IPC_NS'],
  IPC_UNDO: ['TASK'],
  IPC_UNDO_SET: ['IPC_UNDO'],
  IPC_ATTACH: ['MM'],
  FS: ['TASK'],
  TASK_FS: ['TASK'],
  CRED: ['TASK'],
  CRED_MORE: ['TASK'],
  RSEQ: ['TASK'],
  THREAD: ['TASK'],
  CPU: ['TASK'],
  FILE_TABLE: ['TASK'],
  FILE_DESC: ['FILE_TABLE'],
  FILE: ['FILE_TABLE', 'MM', 'TASK'],
  PIPE: ['FILE'],
  PIPE_SIZE: ['FILE'],
  PIPE_OWNER: ['FILE'],
  FILE_PIPE: ['FILE'],
  MM: ['TASK'],
  MM_FLAGS: ['MM'],
  MM_LAYOUT: ['MM'],
  VMA: ['MM'],
  MM_CONTEXT: ['MM'],
  SHMEM: ['MM'],
  PGARR: ['VMA', 'SHMEM', 'IPC_SHM'],
};

/** What an OBJREF's `objtype` announces. */
const referred: ReadonlyMap<unknown, string> = new Map([
  [1, 'FILE_TABLE'],
  [2, 'FILE'],
  [3, 'MM'],
  [4, 'NS'],
  [5, 'PIPE'],
  [6, 'SHMEM'],
  [7, 'FS'],
  [8, 'IPC_NS'],
  [9, 'IPC_ATTACH'],
  [10, 'IPC_UNDO'],
]);

/**
 * Returns an image's objects as a tree, in their order. An OBJREF becomes the number of the
 * object it stands for; one whose object never comes stays an object of its own.
 */
export function growTree(objects: readonly ImageObject[]): readonly ImageNode[] {
  const roots: Growing[] = [];
  let open: Growing[] = [];
  let waiting: Growing[] = [];
  let pids: readonly string[] = [];
  for (const object of objects) {
    if (object.type === typeOf.OBJREF) {
      waiting.push({ object, children: [] });
      // The next of these begins after the whole of the last.
      if (isOf(object, 'MM') || isOf(object, 'FILE_TABLE')) open = openAt(open, ['TASK']);
      continue;
    }
    const reference = waiting.findLast((each) => isOf(each.object, object.name));
    waiting = waiting.filter((each) => each !== reference);
    const node: Growing = {
      object,
      ...(reference === undefined ? {} : { number: Number(reference.object.fields['objref']) }),
      ...pidOf(object, pids[countTasks(roots)]),
      children: [],
    };
    if ('vpid' in object.fields) pids = String(object.fields['vpid']).split(' ');
    const parents = parentsOf[object.name];
    open = parents === undefined ? open : openAt(open, parents);
    (open.at(-1)?.children ?? roots).push(node);
    if (parents !== undefined) open = [...open, node];
  }
  return [...roots, ...waiting].map(finish);
}

/** Returns the path down to the innermost of these. */
function openAt(open: readonly Growing[], names: readonly string[]): Growing[] {
  return open.slice(0, open.findLastIndex(({ object }) => names.includes(object.name)) + 1);
}

function isOf({ fields }: ImageObject, name: string): boolean {
  return referred.get(fields['objtype']) === name;
}

function pidOf({ type }: ImageObject, pid: string | undefined): Pick<Growing, 'pid'> {
  return type === typeOf.TASK && pid !== undefined ? { pid: Number(pid) } : {};
}

function countTasks(nodes: readonly Growing[]): number {
  return nodes.filter(({ object }) => object.type === typeOf.TASK).length;
}

function finish(node: Growing): ImageNode {
  const children = node.children.map(finish);
  const own = node.object.length + (node.number === undefined ? 0 : 16);
  return { ...node, children, bytes: children.reduce((sum, { bytes }) => sum + bytes, own) };
}
