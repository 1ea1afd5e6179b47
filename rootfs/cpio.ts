/** One member of an archive. Names are relative, without a leading slash. */
export type CpioEntry =
  | { readonly kind: 'folder'; readonly name: string; readonly mode?: number }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly data: Uint8Array | string;
      readonly mode?: number;
    }
  | { readonly kind: 'link'; readonly name: string; readonly target: string }
  | {
      readonly kind: 'device';
      readonly name: string;
      readonly major: number;
      readonly minor: number;
      readonly mode?: number;
    };

// S_IFMT bits of stat(2) and what a member of that kind is allowed by default.
const kinds = {
  folder: { type: 0o040000, mode: 0o755 },
  file: { type: 0o100000, mode: 0o644 },
  link: { type: 0o120000, mode: 0o777 },
  device: { type: 0o020000, mode: 0o600 },
} as const;

/**
 * Returns a `newc` cpio archive, the form the kernel unpacks (its
 * Documentation/early-userspace/buffer-format.txt). Members are sorted by name, which puts
 * a folder before what is in it; owner is root, time 0: the same entries give the same
 * bytes, and nobody has to be root to make a device node. Throws RangeError for a name
 * given twice and for one that does not stay inside the archive.
 */
export function packCpio(entries: readonly CpioEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  sorted.forEach((entry, index) => {
    const parts = entry.name.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..'))
      throw new RangeError(`not a member's name: '${entry.name}'`);
    if (entry.name === sorted[index + 1]?.name)
      throw new RangeError(`two members called '${entry.name}'`);
  });
  const members = sorted.map((entry, index) => packMember(entry, index + 1));
  return Buffer.concat([...members, packTrailer()]);
}

function packMember(entry: CpioEntry, inode: number): Uint8Array {
  const { type, mode } = kinds[entry.kind];
  return pack({
    name: entry.name,
    inode,
    mode: type | ('mode' in entry ? entry.mode : mode),
    links: entry.kind === 'folder' ? 2 : 1,
    data: dataOf(entry),
    device: entry.kind === 'device' ? [entry.major, entry.minor] : [0, 0],
  });
}

function packTrailer(): Uint8Array {
  const name = 'TRAILER!!!';
  return pack({ name, inode: 0, mode: 0, links: 1, data: Buffer.alloc(0), device: [0, 0] });
}

function dataOf(entry: CpioEntry): Buffer {
  if (entry.kind === 'file')
    return typeof entry.data === 'string' ? Buffer.from(entry.data) : Buffer.from(entry.data);
  return entry.kind === 'link' ? Buffer.from(entry.target) : Buffer.alloc(0);
}

interface Member {
  readonly name: string;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly data: Buffer;
  readonly device: readonly [major: number, minor: number];
}

function pack(member: Member): Uint8Array {
  const name = Buffer.from(`${member.name}\0`);
  const fields = [
    member.inode,
    member.mode,
    0, // uid
    0, // gid
    member.links,
    0, // mtime
    member.data.length,
    0, // device the file came from, major
    0, // and minor
    ...member.device,
    name.length,
    0, // checksum, unused in this form
  ];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(member.data)]);
}

// Header with name, and data, each end on a multiple of four bytes.
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
