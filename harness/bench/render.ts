import type { Measured } from './row.ts';

export interface BenchReport {
  readonly base: string;
  readonly accelerator: string;
  readonly host: string;
  readonly measured: readonly Measured[];
}

/** Returns the measurements as a Markdown table, so that it can be kept as it is. */
export function renderTable({ base, accelerator, host, measured }: BenchReport): string[] {
  return [
    `${base} under ${accelerator.toUpperCase()}, ${host}`,
    '',
    '| what | median | least … most | n | goal | |',
    '| --- | ---: | ---: | ---: | ---: | --- |',
    ...measured.map(renderRow),
  ];
}

function renderRow({ row: { name, unit, goal }, sample }: Measured): string {
  const { median, least, most, values } = sample;
  const met = median <= goal ? 'met' : 'missed';
  const range = `${round(least)} … ${round(most)}`;
  const cells = [name, `${round(median)} ${unit}`, range, values.length, `${goal} ${unit}`, met];
  return `| ${cells.join(' | ')} |`;
}

/** Three digits that count: no clock here is better than that. */
function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
