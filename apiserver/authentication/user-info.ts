/** Who sends a request. */
export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

/** Everyone who was recognized is in this group. */
export const AUTHENTICATED = 'system:authenticated';
