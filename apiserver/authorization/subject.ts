import type { Subject } from '../../openapi/generated/types.ts';
import { serviceAccountName } from '../authentication/service-account-name.ts';
import type { UserInfo } from '../authentication/user-info.ts';

/** Whether a binding's subject is a user; a service account's namespace may be left out in its own. */
export function isSubject({ kind, name = '', namespace }: Subject, user: UserInfo, bound: string): boolean {
  switch (kind) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount':
      return user.name === serviceAccountName(namespace || bound, name);
    default:
      return false;
  }
}

/** A subject as reasons name it. */
export function describeSubject({ kind, name = '', namespace }: Subject, bound: string): string {
  const text = kind === 'ServiceAccount' ? `${name}/${namespace || bound}` : name;
  return `${kind} ${JSON.stringify(text)}`;
}
