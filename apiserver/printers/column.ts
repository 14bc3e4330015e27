import type { KubeObject } from '../cache/stored-object.ts';

/** One column of `kubectl get`. Priority 1 is shown with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  /** Left out: its name. */
  readonly description?: string;
  readonly priority: number;
  readonly cell: (object: KubeObject, now: number) => unknown;
}

export type Cell<T> = (object: T, now: number) => unknown;

/** A column of one kind. */
export function column<T>(name: string, cell: Cell<T>, type: Column['type'] = 'string'): Column {
  return { name, type, format: '', priority: 0, cell: cell as unknown as Column['cell'] };
}

/** A column that only `-o wide` shows. */
export function wide<T>(name: string, cell: Cell<T>, type: Column['type'] = 'string'): Column {
  return { ...column(name, cell, type), priority: 1 };
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  cell: ({ metadata }) => metadata.name,
};

export const ageColumn: Column = column<KubeObject>('Age', ({ metadata }, now) =>
  age(metadata.creationTimestamp, now),
);

/** Time since a timestamp, as kubectl shortens it (k8s apimachinery/pkg/util/duration). */
export function age(since: string | undefined, now: number): string {
  if (since === undefined) return '<unknown>';
  return shortDuration(now - Date.parse(since));
}

export function shortDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return pair(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
}

/** A list cut after a few entries, as in the ENDPOINTS column. */
export function firstOf(items: readonly string[], maximum: number): string {
  if (items.length === 0) return '<none>';
  const more = items.length - maximum;
  const shown = items.slice(0, maximum).join(',');
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

/** Labels as `a=b,c=d`. */
export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}
