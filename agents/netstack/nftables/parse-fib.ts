import { type FibResult, fibField } from './fib-field.ts';
import type { Field } from './field.ts';
import { NftError, REFUSALS } from './nft-error.ts';
import { accept } from './parse-value.ts';
import type { Scanner } from './scanner.ts';

const RESULTS: readonly string[] = ['type', 'oif', 'oifname'];
const PARTS: readonly string[] = ['saddr', 'daddr', 'mark', 'iif', 'oif'];

/** `fib`, read already, with what it looks up by and what it asks: `saddr . iif oif`. */
export function parseFib(scanner: Scanner): Field {
  const { start } = scanner;
  const parts = new Set<string>();
  do {
    if (!PARTS.includes(scanner.token)) throw scanner.unexpected('saddr, daddr, mark, iif or oif');
    parts.add(scanner.take());
  } while (accept(scanner, '.'));
  const span = { start, end: scanner.previousEnd };
  const isBySource = parts.has('saddr');
  if (isBySource && parts.has('daddr'))
    throw new NftError('fib: saddr and daddr are mutually exclusive', span);
  if (parts.has('iif') && parts.has('oif'))
    throw new NftError('fib: iif and oif are mutually exclusive', span);
  if (!isBySource && !parts.has('daddr')) throw new NftError('fib: need either saddr or daddr', span);
  if (!RESULTS.includes(scanner.token)) throw scanner.unexpected('type or oif or oifname');
  const result = scanner.take() as FibResult;
  if (result !== 'type' && parts.has('oif')) throw new NftError(REFUSALS.EINVAL, span);
  const device = parts.has('iif') ? 'iif' : parts.has('oif') ? 'oif' : undefined;
  return fibField({ end: isBySource ? 'saddr' : 'daddr', mark: parts.has('mark'), device }, result);
}
