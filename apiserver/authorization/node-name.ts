import type { UserInfo } from '../authentication/user-info.ts';

const PREFIX = 'system:node:';

/** The node that a user is; undefined for everybody else (k8s pkg/auth/nodeidentifier). */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  return name.startsWith(PREFIX) && groups.includes('system:nodes') ? name.slice(PREFIX.length) : undefined;
}
