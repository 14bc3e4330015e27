import type { UserInfo } from '../authentication/user-info.ts';

/** What a user wants to do. */
export interface AccessAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  /** Undefined for a path that names no resource. */
  readonly resource:
    | {
        readonly group: string;
        readonly resource: string;
        readonly subresource: string;
        readonly namespace: string;
        readonly name: string;
      }
    | undefined;
  readonly path: string;
  /** The field selector of a list or watch: a node may ask for its own pods only. */
  readonly fieldSelector: string;
}

/** Decides whether a request may be made. Called for each request, so it must be quick. */
export interface Authorizer {
  authorize(attributes: AccessAttributes): boolean;
}
