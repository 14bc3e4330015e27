import { errors } from './errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Text of a body; throws when it is not UTF-8. */
export function utf8(body: Uint8Array): string {
  return decoder.decode(body);
}

/** JSON of any type; 400 when it is broken. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8(body));
  } catch (error) {
    throw errors.badRequest(
      `the object provided is unrecognized (must be of type JSON): couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : error}`,
    );
  }
}
