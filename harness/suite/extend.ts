import type { Guest } from './contracts.ts';

type Method = (...args: never[]) => unknown;

/**
 * Returns a guest with what a project adds to it. What an added method rejects with has the
 * stack of its caller: a report names the line of the case, not one of the project's words.
 */
export function extendGuest<G extends Guest>(guest: Guest, extend: (guest: Guest) => G): G {
  const extended: G = extend(guest);
  const own = Object.entries(extended).filter(
    ([name, value]) => typeof value === 'function' && value !== guest[name as keyof Guest],
  );
  const placed = own.map(([name, value]) => [name, atCaller(value as Method)]);
  return Object.assign(extended, Object.fromEntries(placed) as Partial<G>);
}

function atCaller(method: Method): Method {
  return (...args) => {
    const place = new Error('called');
    const answer = method(...args);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error: unknown): never => {
      throw error instanceof Error ? withStackOf(error, place) : error;
    });
  };
}

/** Returns an error with another's stack below its own message. */
export function withStackOf(error: Error, place: Error): Error {
  const frames = (place.stack ?? '').split('\n').slice(1);
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}
