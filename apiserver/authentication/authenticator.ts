import { createHash } from 'node:crypto';
import { AUTHENTICATED, type UserInfo } from './user-info.ts';

/** The subject of a client certificate that the client CA signed. */
export interface CertificateSubject {
  readonly CN?: string | readonly string[] | undefined;
  readonly O?: string | readonly string[] | undefined;
}

/** Says who a request comes from; undefined: nobody we know. */
export interface Authenticator {
  fromCertificate(subject: CertificateSubject): UserInfo | undefined;
  fromAuthorization(header: string | undefined): UserInfo | undefined;
}

/** Users by bearer token. Tokens are looked up by their digest, so that timing tells nothing about them. */
export function createAuthenticator(tokens: ReadonlyMap<string, UserInfo>): Authenticator {
  const users = new Map([...tokens].map(([token, user]) => [digest(token), known(user)]));
  return {
    fromCertificate({ CN, O }) {
      const [name] = textList(CN);
      return name === undefined || name === '' ? undefined : known({ name, groups: textList(O) });
    },
    fromAuthorization(header) {
      const match = /^Bearer +(\S+)$/i.exec(header ?? '');
      return match?.[1] === undefined ? undefined : users.get(digest(match[1]));
    },
  };
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

function known(user: UserInfo): UserInfo {
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}

function textList(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
