import type { RouteTable } from './route.ts';

/** What a fresh /etc/iproute2/rt_tables names. */
const NAMED: Readonly<Record<'default' | 'main' | 'local', number>> = { default: 253, main: 254, local: 255 };

/** The table of a number or a name; undefined if there is none of that. 0 stands for main, as in rtnetlink. */
export function routeTable(name: string | number): RouteTable | undefined {
  const text = String(name);
  if (text in NAMED) return text as keyof typeof NAMED;
  const number = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 0xffffffff)) return undefined;
  if (number === 0) return 'main';
  const named = Object.entries(NAMED).find(([, id]) => id === number);
  return (named?.[0] as RouteTable | undefined) ?? number;
}

/** The number of a table, by which listings are ordered. */
export function tableNumber(table: RouteTable): number {
  return typeof table === 'number' ? table : NAMED[table];
}
