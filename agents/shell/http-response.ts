/** An HTTP/1.1 response being read (RFC 9112), as far as a command line needs it. */
export class HttpResponse {
  #bytes = new Uint8Array(0);
  #headEnd = -1;
  status = 0;
  /** The status line and the headers, as received. */
  head = '';
  readonly headers = new Map<string, string>();

  push(chunk: Uint8Array): void {
    const bytes = new Uint8Array(this.#bytes.length + chunk.length);
    bytes.set(this.#bytes);
    bytes.set(chunk, this.#bytes.length);
    this.#bytes = bytes;
    if (this.#headEnd < 0) this.#readHead();
  }

  get hasHead(): boolean {
    return this.#headEnd >= 0;
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /** Whether the body is whole; without a length it ends with the connection. */
  get complete(): boolean {
    if (!this.hasHead) return false;
    if (this.status === 204 || this.status === 304) return true;
    if (this.#chunked) return dechunk(this.#rest).done;
    const length = this.headers.get('content-length');
    return length !== undefined && this.#rest.length >= Number(length);
  }

  get body(): Uint8Array {
    if (!this.hasHead) return new Uint8Array(0);
    if (this.#chunked) return dechunk(this.#rest).body;
    const length = this.headers.get('content-length');
    return length === undefined ? this.#rest : this.#rest.subarray(0, Number(length));
  }

  get #chunked(): boolean {
    return this.headers.get('transfer-encoding')?.toLowerCase() === 'chunked';
  }

  get #rest(): Uint8Array {
    return this.#bytes.subarray(this.#headEnd);
  }

  #readHead(): void {
    const text = new TextDecoder('latin1').decode(this.#bytes);
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#headEnd = end + 4;
    this.head = text.slice(0, this.#headEnd);
    const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
    this.status = Number(statusLine.split(' ')[1]) || 0;
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon > 0) this.headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
  }
}

function dechunk(bytes: Uint8Array): { body: Uint8Array; done: boolean } {
  const parts: number[] = [];
  const decoder = new TextDecoder('latin1');
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf(10, at);
    if (lineEnd < 0) return { body: Uint8Array.from(parts), done: false };
    const size = Number.parseInt(decoder.decode(bytes.subarray(at, lineEnd)), 16);
    if (!(size > 0)) return { body: Uint8Array.from(parts), done: true };
    if (lineEnd + 1 + size > bytes.length) return { body: Uint8Array.from(parts), done: false };
    for (let i = lineEnd + 1; i < lineEnd + 1 + size; i++) parts.push(bytes[i]!);
    at = lineEnd + 1 + size + 2;
  }
}
