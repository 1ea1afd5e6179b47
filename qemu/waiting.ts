/** People who wait for a value that comes from elsewhere. */
export interface Waiters<T> {
  /** Resolves with the next value that is accepted; rejects with the signal's reason or the end. */
  wait(accept: (value: T) => boolean, signal: AbortSignal): Promise<T>;
  /** Hands a value to everyone who waits for it. */
  offer(value: T): void;
  /** Tells everyone, now and later, that no value will come any more. */
  end(error: Error): void;
}

/** Returns an empty set of waiters. */
export function createWaiters<T>(): Waiters<T> {
  const waiting = new Set<{ offer(value: T): void; fail(error: Error): void }>();
  let ended: Error | undefined;

  return {
    wait: (accept, signal) =>
      new Promise((resolve, reject) => {
        const waiter = {
          offer: (value: T) => {
            if (!accept(value)) return;
            stop();
            resolve(value);
          },
          fail: (error: Error) => {
            stop();
            reject(error);
          },
        };
        const abort = () => waiter.fail(signal.reason as Error);
        const stop = () => {
          waiting.delete(waiter);
          signal.removeEventListener('abort', abort);
        };
        waiting.add(waiter);
        signal.addEventListener('abort', abort, { once: true });
        if (signal.aborted) abort();
        else if (ended !== undefined) waiter.fail(ended);
      }),
    offer: (value) => {
      for (const waiter of [...waiting]) waiter.offer(value);
    },
    end: (error) => {
      ended ??= error;
      for (const waiter of [...waiting]) waiter.fail(error);
    },
  };
}
