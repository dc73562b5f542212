import { missed, type Row } from './bench.js';

/** Rows as a table for people. */
export function formatRows(rows: readonly Row[]): string {
  const lines = rows.map((row) => [row.what, amount(row.value, row.unit), row.budget === undefined ? '' : `≤ ${amount(row.budget, row.unit)}`, verdict(row), row.detail]);
  const all = [['what', 'measured', 'budget', '', ''], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  return all.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

function verdict(row: Row): string {
  if (row.budget === undefined) return '';
  return missed(row) ? 'MISSED' : 'met';
}

function amount(value: number, unit: Row['unit']): string {
  const number = unit === 'MB' ? value.toFixed(0) : value < 0.1 ? value.toFixed(4) : value.toFixed(2);
  return unit === '×' ? `${number} ×` : `${number} ${unit}`;
}
