/** Returns what a promise resolves with, or undefined if it takes more than so many milliseconds. */
export function firstOf<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Returns the milliseconds that something could not run so far, though it would have. */
export type KeptTime = () => Promise<number>;

/**
 * Calls `late` once so many milliseconds have passed in which something could run: those that the
 * host has kept from it don't count. Returns what calls that off.
 */
export function onceLate(
  milliseconds: number,
  late: () => void,
  kept: KeptTime = () => Promise.resolve(0),
): () => void {
  const start = performance.now();
  const before = kept();
  let isOff = false;
  const look = async () => {
    const passed = performance.now() - start;
    const left = milliseconds - passed + (await kept()) - (await before);
    if (isOff) return;
    // What the scheduler counts lags by a tick.
    if (left < 1) late();
    else timer = setTimeout(() => void look(), left);
  };
  let timer = setTimeout(() => void look(), milliseconds);
  return () => {
    isOff = true;
    clearTimeout(timer);
  };
}
