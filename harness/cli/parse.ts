import { InvalidArgumentError } from 'commander';

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

/** Returns words that commas separate. */
export function list(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.every((word) => word !== '')) return words;
  throw new InvalidArgumentError('It must be names with commas between them.');
}
