/** What a search for the first failing prefix came to. */
export type Found<T, E> =
  | { readonly value: T }
  /** The number of its last patch: 0 for the base alone. */
  | { readonly number: number; readonly error: E };

export interface SearchOptions<E> {
  /** Tells a failure that a patch may have caused; others are thrown on. */
  readonly isFailure: (error: unknown) => error is E;
  /** Hears of each prefix before it is tried, but for the first. */
  readonly trying: (number: number) => void;
}

/**
 * Tries a prefix of a series; where it fails, returns the shortest one that does, down to the
 * base alone. That a prefix fails where a shorter one does is taken for granted.
 */
export async function findFirstFailing<T, E>(
  upto: number,
  work: (number: number) => Promise<T>,
  { isFailure, trying }: SearchOptions<E>,
): Promise<Found<T, E>> {
  const attempt = async (number: number): Promise<Found<T, E>> => {
    try {
      return { value: await work(number) };
    } catch (error) {
      if (isFailure(error)) return { number, error };
      throw error;
    }
  };
  let failed = await attempt(upto);
  let good = -1;
  while ('error' in failed && failed.number - good > 1) {
    const { number: bad } = failed;
    // Most likely it is the newest patch: the others were built when they were written.
    const number = bad === upto ? bad - 1 : Math.floor((good + bad) / 2);
    trying(number);
    const found = await attempt(number);
    if ('error' in found) failed = found;
    else good = number;
  }
  return failed;
}
