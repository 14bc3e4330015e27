import type { UserInfo } from '../authentication/user-info.ts';
import type { AccessAttributes, Authorizer, Verdict } from './authorizer.ts';
import { type GrantedRule, type Grants, grantsOf } from './granted-rules.ts';
import type { StoredRbacObjects } from './stored-rbac-objects.ts';

/** Users whose rules are kept ready. */
const MOST_USERS = 1000;
const NONE: readonly GrantedRule[] = [];

/** Role-based access control. A user's rules are gathered once and again when a role or binding changes. */
export class RbacAuthorizer implements Authorizer {
  readonly #objects: StoredRbacObjects;
  readonly #users = new Map<string, Grants>();
  #revision = 0;

  constructor(objects: StoredRbacObjects) {
    this.#objects = objects;
  }

  authorize(attributes: AccessAttributes): Verdict | undefined {
    const { everywhere, byNamespace } = this.grants(attributes.user);
    const found =
      everywhere.find(({ matches }) => matches(attributes)) ??
      this.#inNamespace(byNamespace, attributes)?.find(({ matches }) => matches(attributes));
    return found && { allowed: true, reason: found.reason };
  }

  grants(user: UserInfo): Grants {
    const { revision } = this.#objects;
    if (revision !== this.#revision || this.#users.size >= MOST_USERS) {
      this.#users.clear();
      this.#revision = revision;
    }
    const key = JSON.stringify([user.name, user.groups]);
    let grants = this.#users.get(key);
    if (!grants) {
      grants = grantsOf(user, this.#objects);
      this.#users.set(key, grants);
    }
    return grants;
  }

  #inNamespace(byNamespace: Grants['byNamespace'], { resource }: AccessAttributes): readonly GrantedRule[] {
    const namespace = resource?.namespace ?? '';
    return namespace === '' ? NONE : (byNamespace.get(namespace) ?? NONE);
  }
}
