import { errors } from '../errors.ts';

/** A whole number from the query; 400 when it is not one. */
export function queryInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw errors.badRequest(`${name}: Invalid value: ${JSON.stringify(text.slice(0, 64))}: must be an integer`);
}
