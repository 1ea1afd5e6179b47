import { assert } from '../cr/case.ts';
import type { Guest, Subject, SubjectOptions } from '../cr/case.ts';

/** Starts a subject, freezes it, and makes sure that it is. */
export async function frozenSubject(
  guest: Guest,
  name: string,
  options?: SubjectOptions,
): Promise<Subject> {
  const subject = await guest.subject(name, options);
  await guest.freeze(subject.pid);
  assert.ok((await guest.state(subject.pid)).frozen, `${name} is frozen to begin with`);
  return subject;
}

/** Returns how error records name a task: `12 (name)`. */
export async function nameOf(guest: Guest, pid: number): Promise<string> {
  return `${pid} (${(await guest.state(pid)).comm})`;
}

/**
 * Asserts that a frozen `counter` is still frozen and stands still, then thaws it and asserts
 * that it counts on from where it was.
 */
export async function unharmed(guest: Guest, counter: Subject): Promise<void> {
  assert.ok((await guest.state(counter.pid)).frozen, 'the target is still frozen');
  const count = await counter.ask('count');
  assert.is(await counter.ask('count'), count, 'the frozen target stands still');
  await guest.thaw(counter.pid);
  await countsOn(counter);
}

/** Asserts that a running `counter` counts. */
export async function countsOn(counter: Subject): Promise<void> {
  const count = Number(await counter.ask('count'));
  assert.ok(Number(await counter.ask(`past ${count}`)) > count, 'the target counts on');
}

/** Returns once a task is in a state, by /proc's letter; that it never is, is an assertion. */
export async function comesTo(guest: Guest, pid: number, letter: string): Promise<void> {
  let { state } = await guest.state(pid);
  for (let tries = 0; state !== letter && tries < 1000; tries++)
    ({ state } = await guest.state(pid));
  assert.is(state, letter, `the state of task ${pid}`);
}
