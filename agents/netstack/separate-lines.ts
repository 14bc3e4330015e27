const NEWLINE = 10;

/** The lines of a text, each a string of its own: what is kept of one does not keep the whole text in memory. */
export function* separateLines(text: string): Generator<string> {
  const bytes = Buffer.from(text);
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    yield bytes.toString('utf8', start, end);
    start = end + 1;
  }
  yield bytes.toString('utf8', start);
}
