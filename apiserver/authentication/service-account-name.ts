const PREFIX = 'system:serviceaccount:';

/** The user name of a service account. */
export function serviceAccountName(namespace: string, name: string): string {
  return `${PREFIX}${namespace}:${name}`;
}

/** The groups of every service account, and of those of its namespace. */
export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** Undefined: the user is no service account. */
export function parseServiceAccountName(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(PREFIX)) return undefined;
  const [namespace = '', name = '', ...rest] = user.slice(PREFIX.length).split(':');
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name };
}
