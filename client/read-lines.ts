const NEWLINE = 0x0a;
/** A watch event carries one object, and an object is at most 1.5 MB with its previous state's keys escaped. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Splits a byte stream at newlines; a last line without one is dropped, because it was cut off. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = buffer.indexOf(NEWLINE); end !== -1; end = buffer.indexOf(NEWLINE, start)) {
      pending.push(buffer.subarray(start, end));
      const line = pending.length === 1 ? pending[0]!.toString() : Buffer.concat(pending).toString();
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start < buffer.length) {
      pending.push(buffer.subarray(start));
      pendingBytes += buffer.length - start;
      if (pendingBytes > LONGEST_LINE) throw new Error(`a line is longer than ${LONGEST_LINE} bytes`);
    }
  }
}
