import type { ImageObject } from './contracts.ts';
import {
  actionsBytes,
  fileType,
  headerBytes,
  pageBytes,
  signalBytes,
  treeEntryBytes,
  typeOf,
} from './image-layout.ts';

/** An object that must come next, because the one before it says so. */
export interface Announced {
  readonly type: number;
  /** Header included; undefined where any length will do. */
  readonly length?: number;
  /** A BUFFER that holds text and zeros. */
  readonly text?: boolean;
  /** The STRING of an error record. */
  readonly record?: boolean;
  /** Objects that may stand before it; what those announce comes first. */
  readonly after?: readonly number[];
  /** Makes fields of a payload whose length has been checked. */
  readonly decode?: (payload: Uint8Array) => Readonly<Record<string, string>>;
}

/** Returns the objects that must follow this one at once, in order. */
export function announce({ type, fields }: ImageObject): readonly Announced[] {
  const count = (name: string) => Number(fields[name]);
  switch (type) {
    case typeOf.HEADER:
      return [
        { ...buffer(count('uts_release_len')), text: true },
        { ...buffer(count('uts_version_len')), text: true },
        { ...buffer(count('uts_machine_len')), text: true },
        { type: typeOf.HEADER_ARCH, after: [typeOf.BUILD_ID] },
      ];
    case typeOf.TREE:
      return [{ ...buffer(count('nr_tasks') * treeEntryBytes), decode: decodeTree }];
    case typeOf.TASK:
      return [{ type: typeOf.STRING, length: headerBytes + count('task_comm_len') }];
    case typeOf.THREAD: {
      const length = headerBytes + count('sizeof_tls_array');
      return count('ntls') > 0 ? [{ type: typeOf.THREAD_TLS, length }] : [];
    }
    case typeOf.CPU:
      return count('used_math') > 0 ? [{ type: typeOf.CPU_FPU }] : [];
    case typeOf.TASK_SIGNALS:
      return [
        ...pendingSignals(count('nr_pending')),
        ...(count('has_process') > 0 ? [{ type: typeOf.PROCESS_SIGNALS }] : []),
      ];
    case typeOf.PROCESS_SIGNALS:
      return [
        { ...buffer(actionsBytes), decode: decodeActions },
        ...pendingSignals(count('nr_pending')),
      ];
    case typeOf.TASK_SCHED:
      return count('cpus_len') > 0 ? [buffer(count('cpus_len'))] : [];
    case typeOf.CRED:
      return count('ngroups') > 0 ? [buffer(4 * count('ngroups'))] : [];
    case typeOf.FS:
      return [{ type: typeOf.FILE_NAME }, { type: typeOf.FILE_NAME }];
    case typeOf.NS: {
      const name = { ...buffer(count('uts_name_len')), text: true };
      return [name, name];
    }
    case typeOf.IPC_MESSAGE:
      return count('m_ts') > 0 ? [buffer(count('m_ts'))] : [];
    case typeOf.IPC_SEM:
      return [buffer(count('sem_nsems') * 8)];
    case typeOf.IPC_UNDO_SET:
      return [buffer(count('sem_nsems') * 2)];
    case typeOf.FILE:
      return fields['f_type'] === fileType.PIPE
        ? [
            {
              type: typeOf.FILE_PIPE,
              after: [typeOf.OBJREF, typeOf.PIPE_SIZE, typeOf.PIPE_OWNER, typeOf.PIPE],
            },
          ]
        : [{ type: typeOf.FILE_NAME }];
    case typeOf.PIPE:
      return [
        ...(count('is_fifo') > 0 ? [{ type: typeOf.FILE_NAME }] : []),
        ...(count('nr_bytes') > 0 ? [buffer(count('nr_bytes'))] : []),
      ];
    case typeOf.PGARR:
      return count('nr_pages') > 0 ? [buffer(count('nr_pages') * (8 + pageBytes))] : [];
    case typeOf.MM_CONTEXT: {
      const length = headerBytes + count('ldt_entry_size') * count('nldt');
      return [
        ...(count('nldt') > 0 ? [{ type: typeOf.MM_CONTEXT_LDT, length }] : []),
        // The auxiliary vector, as long as the kernel's own table.
        { type: typeOf.BUFFER },
      ];
    }
    case typeOf.ERROR:
      return [{ type: typeOf.STRING, record: true }];
    default:
      return [];
  }
}

function buffer(payload: number): Announced {
  return { type: typeOf.BUFFER, length: headerBytes + payload };
}

function pendingSignals(count: number): readonly Announced[] {
  return count > 0 ? [{ ...buffer(count * signalBytes), decode: decodeSignals }] : [];
}

function decodeSignals(payload: Uint8Array): Readonly<Record<string, string>> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const starts = startsOf(payload, signalBytes);
  const column = (at: number) => starts.map((start) => view.getInt32(start + at, true)).join(' ');
  return { signo: column(0), code: column(8), pid: column(12) };
}

/** Names the signals a process has a handler for, or ignores: 0 is the default, 1 to ignore. */
function decodeActions(payload: Uint8Array): Readonly<Record<string, string>> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const handlers = startsOf(payload, actionsBytes / 64).map((at) => view.getBigUint64(at, true));
  const numbers = (wanted: (handler: bigint) => boolean) =>
    handlers.flatMap((handler, index) => (wanted(handler) ? [index + 1] : [])).join(' ');
  return {
    handled: numbers((handler) => handler > 1n),
    ignored: numbers((handler) => handler === 1n),
  };
}

function startsOf(payload: Uint8Array, each: number): number[] {
  return Array.from({ length: payload.length / each }, (_, n) => n * each);
}

function decodeTree(payload: Uint8Array): Readonly<Record<string, string>> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const starts = startsOf(payload, treeEntryBytes);
  const column = (index: number) =>
    starts.map((start) => view.getInt32(start + 4 * index, true)).join(' ');
  return {
    vpid: column(0),
    vppid: column(1),
    vtgid: column(2),
    vpgid: column(3),
    vsid: column(4),
    vptid: column(5),
  };
}
