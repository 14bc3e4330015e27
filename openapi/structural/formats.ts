import { isIP, isIPv4, isIPv6 } from 'node:net';

type Format = (text: string) => boolean;

const matching =
  (expression: RegExp, longest = 4096): Format =>
  (text) =>
    text.length <= longest && expression.test(text);

const HOSTNAME =
  /^(?=.{1,253}\.?$)[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?(?:\.[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*\.?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[tT]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[zZ]|[+-]\d{2}:\d{2})$/;
/** Go's time.ParseDuration, or a number and a unit in words. */
const DURATION =
  /^(?:[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)|\d+ ?(?:ns|nano|us|µs|micro|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|wk|week)s?)$/;
const UUID = (version: string): RegExp =>
  new RegExp(
    `^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${version === '[0-9a-f]' || version === '3' ? '[0-9a-f]' : '[89ab]'}[0-9a-f]{3}-?[0-9a-f]{12}$`,
    'i',
  );

function isDate(text: string): boolean {
  return DATE.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

function orFalse(test: Format): Format {
  return (text) => {
    try {
      return test(text);
    } catch {
      return false;
    }
  };
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(address);
  return (
    rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  );
}

function isIsbn(text: string): boolean {
  const digits = text.replaceAll(/[- ]/g, '');
  return /^(?:\d{9}[\dX]|97[89]\d{10})$/.test(digits);
}

const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['bsonobjectid', matching(/^[0-9a-fA-F]{24}$/)],
  ['uri', orFalse((text) => text.startsWith('/') || URL.canParse(text))],
  ['email', matching(/^[^\s@<>]+@[^\s@<>]+$/, 320)],
  ['hostname', matching(HOSTNAME, 254)],
  ['ipv4', isIPv4],
  ['ipv6', isIPv6],
  ['cidr', isCidr],
  [
    'mac',
    matching(
      /^(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4,18}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2,9}[0-9a-f]{4})$/i,
      64,
    ),
  ],
  ['uuid', matching(UUID('[0-9a-f]'), 64)],
  ['uuid3', matching(UUID('3'), 64)],
  ['uuid4', matching(UUID('4'), 64)],
  ['uuid5', matching(UUID('5'), 64)],
  ['isbn', isIsbn],
  ['isbn10', (text) => isIsbn(text) && text.replaceAll(/[- ]/g, '').length === 10],
  ['isbn13', (text) => isIsbn(text) && text.replaceAll(/[- ]/g, '').length === 13],
  ['creditcard', (text) => /^\d{12,19}$/.test(text.replaceAll(/[- ]/g, ''))],
  ['ssn', matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/, 11)],
  ['hexcolor', matching(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/, 7)],
  ['rgbcolor', matching(/^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/, 64)],
  ['byte', (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0],
  ['date', orFalse(isDate)],
  ['datetime', orFalse(isDateTime)],
  ['date-time', orFalse(isDateTime)],
  ['duration', matching(DURATION, 256)],
]);

function isDateTime(text: string): boolean {
  const date = DATE_TIME.exec(text)?.[1];
  return date !== undefined && isDate(date) && !Number.isNaN(Date.parse(text.toUpperCase()));
}

/** Whether a text is of a format; a format that nobody knows takes everything (k8s kube-openapi strfmt). */
export function isOfFormat(text: string, format: string): boolean {
  return FORMATS.get(format)?.(text) ?? true;
}
