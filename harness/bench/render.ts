import type { TimeRow } from '../results/where-time-went.ts';
import type { Measured } from './row.ts';

/** Where something was measured. */
export interface Place {
  readonly base: string;
  readonly accelerator: string;
  readonly host: string;
}

/** Returns the head of a Markdown table of measurements, so that it can be kept as it is. */
export function renderHead({ base, accelerator, host }: Place): string[] {
  return [
    `${base} under ${accelerator.toUpperCase()}, ${host}`,
    '',
    '| what | median | least … most | n | goal | |',
    '| --- | ---: | ---: | ---: | ---: | --- |',
  ];
}

/** Returns one measurement as a row of that table. */
export function renderRow({ row: { name, unit, goal }, sample }: Measured): string {
  const { median, least, most, values } = sample;
  const met = median <= goal ? 'met' : 'missed';
  const range = `${round(least)} … ${round(most)}`;
  const cells = [name, `${round(median)} ${unit}`, range, values.length, `${goal} ${unit}`, met];
  return `| ${cells.join(' | ')} |`;
}

/** Returns where the time of a row's last run went as tables of their own; none if it was no run. */
export function renderSpent({ row: { key }, spent }: Measured): string[] {
  if (spent === undefined) return [];
  const rows = (parts: readonly TimeRow[]) =>
    parts.map(({ what, milliseconds, share }) => {
      const cells = [what, `${round(milliseconds / 1000)} s`, `${Math.round(share * 100)} %`];
      return `| ${cells.join(' | ')} |`;
    });
  return [
    '',
    `| where the time of the last \`${key}\` went | time | share |`,
    '| --- | ---: | ---: |',
    ...rows(spent.processors),
    ...rows(spent.guests.map((part) => ({ ...part, what: `of the guests' time: ${part.what}` }))),
  ];
}

/** Three digits that count: no clock here is better than that. */
function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
