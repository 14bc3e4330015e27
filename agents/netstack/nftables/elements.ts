import type { DataType } from './data-type.ts';
import { formatNftDuration, parseNftDuration } from './duration.ts';
import type { NftSet, SetDeclaration, SetElement } from './nft-set.ts';
import type { Scope } from './scope.ts';
import type { TokenReader } from './tokens.ts';
import { formatKey, readKey, readValues } from './values.ts';
import { formatVerdict, type Verdict } from './verdict.ts';

type Shape = Pick<SetDeclaration, 'keyTypes' | 'dataTypes'>;

/** `{ key [timeout T] [comment "…"] [: data], … }`. */
export function readElements(reader: TokenReader, shape: Shape, scope: Scope): SetElement[] {
  const elements: SetElement[] = [];
  reader.expect('{');
  reader.skipEnds();
  while (!reader.take('}')) {
    elements.push(readElement(reader, shape, scope));
    reader.skipEnds();
    if (!reader.take(',') && reader.peek() !== '}') throw reader.unexpected(', or }');
    reader.skipEnds();
  }
  return elements;
}

function readElement(reader: TokenReader, { keyTypes, dataTypes }: Shape, scope: Scope): SetElement {
  const key = readKey(reader, keyTypes);
  let timeout: number | undefined;
  let comment: string | undefined;
  for (;;) {
    if (reader.take('timeout')) timeout = parseNftDuration(reader.word('a time'));
    else if (reader.take('expires')) parseNftDuration(reader.word('a time'));
    else if (reader.take('comment')) comment = reader.word('a comment');
    else break;
  }
  const element = { key, ...(comment === undefined ? {} : { comment }), ...(timeout ? { timeout } : {}) };
  if (dataTypes === undefined || !reader.take(':')) return element;
  if (dataTypes === 'verdict') return { ...element, verdict: readVerdict(reader, scope) };
  return { ...element, data: readValues(reader, dataTypes) };
}

/** `accept`, `jump NAME`… */
export function readVerdict(reader: TokenReader, scope: Scope): Verdict {
  const kind = reader.word('a verdict');
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { kind };
    case 'jump':
    case 'goto':
      return { kind, chain: scope.chain(reader.word('a chain')) };
    default:
      throw reader.unexpected('a verdict');
  }
}

export function formatElement(element: SetElement, set: NftSet, now: number): string {
  const { keyTypes, dataTypes } = set.declaration;
  const { key, timeout, expiresAt, comment, verdict, data } = element;
  const words = [formatKey(key, keyTypes)];
  if (timeout !== undefined && timeout !== set.declaration.timeout)
    words.push(`timeout ${formatNftDuration(timeout)}`);
  if (expiresAt !== undefined) words.push(`expires ${formatNftDuration(expiresAt - now)}`);
  if (comment !== undefined) words.push(`comment "${comment}"`);
  if (verdict) words.push(`: ${formatVerdict(verdict)}`);
  if (data) words.push(`: ${formatKey(data, dataTypes as readonly DataType[])}`);
  return words.join(' ');
}
