import type { Authorizer, Verdict } from './authorizer.ts';

const PRIVILEGED = 'system:masters';
const ALLOWED: Verdict = { allowed: true, reason: '' };

/** Whatever becomes of the roles, this group can put them right. */
export const privilegedGroup: Authorizer = {
  authorize: ({ user }) => (user.groups.includes(PRIVILEGED) ? ALLOWED : undefined),
};
