/** One figure beside its limit, measured in the same run. */
export interface BenchLine {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The same done by something that cannot be beaten by much, and what that is. */
  readonly limit?: { readonly value: number; readonly of: string };
  readonly goal?: string;
}

export function printLines(lines: readonly BenchLine[]): void {
  const rows = [
    ['what', 'podwire', 'limit', 'ratio', 'goal'],
    ...lines.map(({ what, value, unit, limit, goal = '' }) => [
      what,
      `${format(value)} ${unit}`,
      limit ? `${format(limit.value)} ${unit} (${limit.of})` : '',
      limit ? `${((100 * value) / limit.value).toFixed(0)} %` : '',
      goal,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const text = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  text.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  process.stdout.write(`${text.join('\n')}\n`);
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
