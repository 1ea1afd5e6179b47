/** What a series changed: the same cases with it and without it. */
export interface Against {
  readonly base: string;
  /** Ids of cases that the kernel failed without it, and passes with it. */
  readonly fixed: readonly string[];
  /** The other way round. */
  readonly broken: readonly string[];
  /** Red both times. */
  readonly stillRed: readonly string[];
  /** Cases that can only be asked with it: they need one of its patches. */
  readonly fresh: readonly string[];
  /** What the kernel complained of only with it. */
  readonly complaints: readonly { readonly id: string; readonly line: string }[];
  readonly slower: readonly {
    readonly id: string;
    /** Milliseconds. */
    readonly before: number;
    readonly after: number;
  }[];
  /** Cases that could not be judged on one of the two kernels. */
  readonly unjudged: readonly string[];
  /** Bytes of the kernel in memory: code, data, and what begins as zeros. */
  readonly size: { readonly before: KernelSize; readonly after: KernelSize };
}

export interface KernelSize {
  readonly text: number;
  readonly data: number;
  readonly bss: number;
}
