const CRLF = Buffer.from('\r\n');
const framed = new WeakMap<Uint8Array, Buffer>();

/**
 * A chunk of HTTP/1.1's chunked transfer coding (RFC 9112 §7.1) in one piece, so that it is one record of TLS
 * and one system call. Made once for bytes that go to many clients.
 */
export function chunkOf(bytes: Uint8Array): Buffer {
  let chunk = framed.get(bytes);
  if (!chunk) {
    const size = Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1');
    chunk = Buffer.concat([size, bytes, CRLF]);
    framed.set(bytes, chunk);
  }
  return chunk;
}
