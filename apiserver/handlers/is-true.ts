/** A flag of the query: given, and neither `false` nor `0`. */
export function isTrue(text: string | null): boolean {
  return text !== null && text !== 'false' && text !== '0';
}
