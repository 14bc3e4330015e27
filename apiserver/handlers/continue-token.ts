import { errors } from '../errors.ts';

/** Where a list that was cut goes on: after an object, in the state of a revision. */
export interface Continue {
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
}

export function encodeContinue({ revision, namespace, name }: Continue): string {
  return Buffer.from(JSON.stringify([revision, namespace, name])).toString('base64url');
}

/** The token is the client's to lose, not to write: anything else than what we gave is a 400. */
export function decodeContinue(token: string): Continue {
  try {
    const [revision, namespace, name] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (Number.isSafeInteger(revision) && typeof namespace === 'string' && typeof name === 'string') {
      return { revision: revision as number, namespace, name };
    }
  } catch {
    // Not JSON: not ours.
  }
  throw errors.badRequest('continue key is not valid');
}
