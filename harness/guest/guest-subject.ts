import type { ProgramOptions, Ran, Subject, SubjectOptions } from '../suite/contracts.ts';
import { labError } from '../core/errors.ts';
import { anyAnswer, endAnswer, plainAnswer, spawnAnswer } from './guest-answers.ts';
import { guestAssertion } from '../suite/guest-assertion.ts';
import { identityWords } from '../suite/identity-words.ts';
import type { ProgramVoice } from './guest-programs.ts';
import type { GuestParts } from './guest-parts.ts';

/** The word a subject begins its line with once it is in its state. */
const ready = /^ready\b/;

/** How a program says that its arguments are wrong. */
const misuse = /^usage\b/;

/** Starts a subject, waits until it is in its state, and ends it when the scope does. */
export function startSubject(
  parts: GuestParts,
  name: string,
  options: SubjectOptions,
): Promise<Subject> {
  // The program itself stays root and starts the task in question as who it is asked to be.
  const words = ['subject', ...identityWords(options), name, ...(options.args ?? [])];
  return startProgram(parts, `subject ${name}`, words, { says: ready });
}

/** Runs a program to its end; what it leaves behind ends when the scope does. */
export async function runProgram(
  parts: GuestParts,
  words: readonly string[],
  who: Omit<ProgramOptions, 'says'> = {},
): Promise<Ran> {
  const { voice } = await spawn(parts, words.join(' '), words, who);
  const { status, signal } = await voice.ended;
  const lines: string[] = [];
  // All of it is there: the shim tells of an end after the last line.
  for (;;) {
    const line = await voice.nextLine(0);
    if (line === undefined) return { status, signal, lines, errors: voice.errors };
    lines.push(line);
  }
}

/** Starts a program, waits for its first line, and ends it when the scope does. */
export async function startProgram(
  parts: GuestParts,
  name: string,
  words: readonly string[],
  { says, ...who }: ProgramOptions,
): Promise<Subject> {
  const { call, patience } = parts;
  const { handle, pid, voice } = await spawn(parts, name, words, who);
  const first = await voice.nextLine(patience);
  if (first === undefined || !says.test(first)) throw notReady(name, says, first, voice);
  const facts = readFacts(first);

  const line = async () => {
    const said = await voice.nextLine(patience);
    if (said !== undefined) return said;
    throw guestAssertion(`${name} (${pid}) ${describeSilence(voice, patience)}`, {
      operator: 'says',
      expected: 'a line',
      actual: voice.end === undefined ? 'nothing' : JSON.stringify(voice.end),
    });
  };
  return {
    name,
    // The task the subject is about, which is a child of the program that speaks for it.
    pid: Number(facts['pid'] ?? pid),
    facts,
    line,
    ask: async (text) => {
      await call(plainAnswer, ['input', String(handle), text]);
      return line();
    },
    signal: async (signal) => {
      await call(anyAnswer, ['signal', facts['pid'] ?? String(pid), signal]);
    },
    ended: () => voice.ended,
  };
}

interface Spawned {
  readonly handle: number;
  readonly pid: number;
  readonly voice: ProgramVoice;
}

async function spawn(
  { call, programs, undo }: GuestParts,
  name: string,
  words: readonly string[],
  who: Omit<ProgramOptions, 'says'>,
): Promise<Spawned> {
  const identity = identityWords(who);
  const { handle, pid } = await call(spawnAnswer, ['spawn', ...identity, '--', ...words]);
  undo.push(`${name} (${pid})`, async () => {
    const { gone } = await call(endAnswer, ['end', String(handle)]);
    if (!gone) throw new Error('killed, but something of it is left');
  });
  return { handle, pid, voice: programs.voiceOf(handle) };
}

/** Returns the `key=value` words of a line. */
export function readFacts(line: string): Readonly<Record<string, string>> {
  const words = line.split(/\s+/).filter((word) => word.includes('='));
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      return [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
}

/**
 * What a program says in place of its ready line is the kernel's doing, unless the program says
 * that it was asked wrongly.
 */
function notReady(name: string, says: RegExp, first: string | undefined, voice: ProgramVoice) {
  const said = first === undefined ? 'no line came' : `it said "${first.slice(0, 200)}"`;
  const end = voice.end === undefined ? '' : `, and ended with ${JSON.stringify(voice.end)}`;
  const errors = voice.errors.slice(-10);
  if ([first ?? '', ...errors].some((line) => misuse.test(line)))
    return labError({
      code: 'program-misused',
      fault: 'case',
      doing: `starting ${name}`,
      what: `${said}${end}`,
      next: 'Correct its arguments.',
      details: errors,
    });
  const why = errors.length === 0 ? '' : `: ${errors.at(-1) ?? ''}`;
  return guestAssertion(`${name} did not get ready: ${said}${end}${why}`, {
    operator: 'says',
    expected: String(says),
    actual: [first ?? 'nothing', ...errors].join('\n'),
  });
}

function describeSilence(voice: ProgramVoice, patience: number): string {
  if (voice.end !== undefined) return `has ended: ${JSON.stringify(voice.end)}`;
  return `said nothing for ${(patience / 1000).toFixed(1)} s`;
}
