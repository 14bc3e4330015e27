/** One request to an API server, whatever carries it. Header names are lower case. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query, as in an HTTP request line. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** Aborting it ends the request, and a watch's stream. */
  readonly signal?: AbortSignal | undefined;
}

/** The answer; a unary body arrives as one chunk, a watch's as a stream that ends with the watch. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * How a client reaches an API server: over TLS between processes, by a plain call inside one process.
 * Rejects only when the server cannot be reached or the signal aborts; an HTTP error is an ordinary answer.
 */
export interface ApiTransport {
  request(request: ApiRequest): Promise<ApiResponse>;
  close(): void;
}
