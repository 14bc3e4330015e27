import type { AccessAttributes, Verdict } from '../authorization/authorizer.ts';
import { errors } from '../errors.ts';
import { parseServiceAccountName, serviceAccountGroups } from './service-account-name.ts';
import { ANONYMOUS, AUTHENTICATED, type UserInfo } from './user-info.ts';

/** Whom a user wants to be (Impersonate-* headers). */
export interface Impersonation {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const PREFIX = 'impersonate-';
const EXTRA_PREFIX = 'impersonate-extra-';

/** From names and values in turn, as they came; a name may come more than once. */
export function readImpersonation(rawHeaders: readonly string[]): Impersonation {
  let user = '';
  let uid = '';
  const groups: string[] = [];
  const extra: Record<string, string[]> = Object.create(null);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (!name.startsWith(PREFIX)) continue;
    if (name === 'impersonate-user') user = value;
    else if (name === 'impersonate-uid') uid = value;
    else if (name === 'impersonate-group') groups.push(value);
    else if (name.startsWith(EXTRA_PREFIX)) {
      const key = decodeKey(name.slice(EXTRA_PREFIX.length));
      extra[key] = [...(extra[key] ?? []), value];
    }
  }
  return { user, groups, uid, extra };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/**
 * The user that a request is made as. Each part of it needs the verb `impersonate` (k8s
 * apiserver/pkg/endpoints/filters/impersonation.go).
 */
export function impersonate(
  by: UserInfo,
  wanted: Impersonation,
  authorize: (attributes: AccessAttributes) => Verdict,
): UserInfo {
  if (wanted.user === '') {
    throw errors.badRequest('requested impersonation of groups, uid or extra without impersonating a user');
  }
  for (const { group = '', resource, subresource = '', namespace = '', name } of parts(wanted)) {
    const target = { group, resource, subresource, namespace, name };
    const attributes = { user: by, verb: 'impersonate', resource: target, path: '', fieldSelector: '' };
    if (authorize(attributes).allowed) continue;
    const what = subresource === '' ? resource : `${resource}/${subresource}`;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    throw errors.forbidden(
      target,
      name,
      `User "${by.name}" cannot impersonate resource "${what}" in API group "${group}" ${where}`,
    );
  }
  return impersonated(wanted);
}

interface Part {
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name: string;
}

const AUTHENTICATION = 'authentication.k8s.io';

function parts({ user, groups, uid, extra }: Impersonation): Part[] {
  const account = parseServiceAccountName(user);
  return [
    account ? { resource: 'serviceaccounts', ...account } : { resource: 'users', name: user },
    ...groups.map((name) => ({ resource: 'groups', name })),
    ...(uid === '' ? [] : [{ group: AUTHENTICATION, resource: 'uids', name: uid }]),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((name) => ({ group: AUTHENTICATION, resource: 'userextras', subresource, name })),
    ),
  ];
}

function impersonated({ user, groups, uid, extra }: Impersonation): UserInfo {
  const account = parseServiceAccountName(user);
  const own = groups.length === 0 && account ? serviceAccountGroups(account.namespace) : groups;
  const isAnonymous = user === ANONYMOUS.name;
  const implied = isAnonymous ? ANONYMOUS.groups : [AUTHENTICATED];
  return {
    name: user,
    groups: [...new Set([...own, ...implied])],
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
