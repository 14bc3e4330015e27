/** A failed call into a namespace, with the errno name that Linux gives. */
export class NetError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = 'NetError';
    this.code = code;
  }
}

export function isNetError(error: unknown, code?: string): error is NetError {
  return error instanceof NetError && (code === undefined || error.code === code);
}
