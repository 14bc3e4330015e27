import type { UserInfo } from '../authentication/user-info.ts';

/** What a user wants to do. */
export interface AccessAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  /** Undefined for a path that names no resource. */
  readonly resource: ResourceAttributes | undefined;
  readonly path: string;
  /** The field selector of a list or watch: a node may ask for its own pods only. */
  readonly fieldSelector: string;
}

export interface ResourceAttributes {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty: all namespaces, or a resource that has none. */
  readonly namespace: string;
  readonly name: string;
}

/** Whether, and why: the reason is what an access review says. */
export interface Verdict {
  readonly allowed: boolean;
  readonly reason: string;
}

/** One of the server's ways to decide; undefined: it has no opinion. Called for each request: must be quick. */
export interface Authorizer {
  authorize(attributes: AccessAttributes): Verdict | undefined;
}

export const DENIED: Verdict = { allowed: false, reason: '' };

/** The first opinion counts; nobody's is a no. */
export function authorizers(...all: readonly Authorizer[]): (attributes: AccessAttributes) => Verdict {
  return (attributes) => {
    for (const each of all) {
      const verdict = each.authorize(attributes);
      if (verdict) return verdict;
    }
    return DENIED;
  };
}
