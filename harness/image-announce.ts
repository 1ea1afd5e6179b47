import type { ImageObject } from './contracts.ts';
import { headerBytes, pageBytes, treeEntryBytes, typeOf } from './image-layout.ts';

/** An object that must come next, because the one before it says so. */
export interface Announced {
  readonly type: number;
  /** Header included; undefined where any length will do. */
  readonly length?: number;
  /** A BUFFER that holds text and zeros. */
  readonly text?: boolean;
  /** The STRING of an error record. */
  readonly record?: boolean;
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
        { type: typeOf.HEADER_ARCH },
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
    case typeOf.FILE:
      return [{ type: typeOf.FILE_NAME }];
    case typeOf.PGARR:
      return count('nr_pages') > 0 ? [buffer(count('nr_pages') * (8 + pageBytes))] : [];
    case typeOf.MM_CONTEXT: {
      const length = headerBytes + count('ldt_entry_size') * count('nldt');
      return count('nldt') > 0 ? [{ type: typeOf.MM_CONTEXT_LDT, length }] : [];
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

function decodeTree(payload: Uint8Array): Readonly<Record<string, string>> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const starts = Array.from(
    { length: payload.length / treeEntryBytes },
    (_, n) => n * treeEntryBytes,
  );
  const column = (index: number) =>
    starts.map((start) => view.getInt32(start + 4 * index, true)).join(' ');
  return {
    vpid: column(0),
    vppid: column(1),
    vtgid: column(2),
    vpgid: column(3),
    vsid: column(4),
  };
}
