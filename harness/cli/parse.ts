import { InvalidArgumentError, type Command } from 'commander';
import { labError } from '../core/errors.ts';

/** Returns a parser of whole numbers from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
  };
}

/** Returns a number of seconds, fractions allowed. */
export function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** Returns days, `30d` or `30`, as milliseconds. */
export function days(text: string): number {
  const [, number] = /^(\d+)d?$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * 86_400_000;
  throw new InvalidArgumentError('It must be a number of days: 30d.');
}

/** Returns a regular expression; letter case counts. */
export function expression(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** Of an option that may be given more than once: returns what it was given so far. */
export function gather(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/**
 * Has a command, and those below it, refuse an option whose value is given a second time: the
 * last would win, and what the first asked for be forgotten. Throws `usage` while it is parsed.
 */
export function refuseRepeats(command: Command): void {
  command.commands.forEach(refuseRepeats);
  for (const option of command.options) {
    // A flag that is repeated says the same again.
    if (option.isBoolean() || option.parseArg === gather) continue;
    const values: string[] = [];
    command.on(`option:${option.name()}`, (value: string | null) => {
      values.push(value ?? 'no value');
      if (values.length > 1) throw givenTwice(option.long ?? option.flags, values);
    });
  }
}

/** The error for an option that has more values than it takes. */
export function givenTwice(name: string, values: readonly string[]): Error {
  return labError({
    code: 'usage',
    fault: 'usage',
    doing: 'reading the command line',
    what: `${name} is given ${values.length} times: ${values.join(', ')}`,
    next: 'It takes one value: leave the others out.',
  });
}

/** Returns words that commas separate. */
export function list(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.every((word) => word !== '')) return words;
  throw new InvalidArgumentError('It must be names with commas between them.');
}
