/** A program of others' that the guest carries, and the source it is built from. */
export interface Pin {
  /** Debian's name of the source package, and the program's. */
  readonly name: string;
  readonly version: string;
  /** The upstream archive as Debian's archive carries it, unmodified. */
  readonly archive: string;
  readonly sha256: string;
  readonly upstream: string;
}

/**
 * Debian 12's upstream archives. Where apt vouches for another version, that one is built
 * and its checksum goes into the cache key instead.
 */
export const pins = {
  dropbear: {
    name: 'dropbear',
    version: '2022.83',
    archive: 'dropbear_2022.83.orig.tar.bz2',
    sha256: 'bc5a121ffbc94b5171ad5ebe01be42746d50aa797c9549a4639894a16749443b',
    upstream: 'https://matt.ucc.asn.au/dropbear/releases/dropbear-2022.83.tar.bz2',
  },
  busybox: {
    name: 'busybox',
    version: '1.35.0',
    archive: 'busybox_1.35.0.orig.tar.bz2',
    sha256: 'faeeb244c35a348a334f4a59e44626ee870fb07b6884d68c10ae8bc19f83a694',
    upstream: 'https://busybox.net/downloads/busybox-1.35.0.tar.bz2',
  },
  // For guests of another architecture than the machine's: no distribution has that.
  musl: {
    name: 'musl',
    version: '1.2.3',
    archive: 'musl_1.2.3.orig.tar.gz',
    sha256: '7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4',
    upstream: 'https://musl.libc.org/releases/musl-1.2.3.tar.gz',
  },
} as const satisfies Record<string, Pin>;
