import { createHash } from 'node:crypto';
import type { Clock } from '../../platform/clock.ts';
import type { Registry } from '../registry/registry.ts';
import type { ServiceAccountTokens, VerifiedToken } from './service-account-tokens.ts';
import { tokenUser } from './token-user.ts';
import { AUTHENTICATED, type UserInfo } from './user-info.ts';

/** The subject of a client certificate that the client CA signed. */
export interface CertificateSubject {
  readonly CN?: string | readonly string[] | undefined;
  readonly O?: string | readonly string[] | undefined;
}

/** A token's user, and for whom of those who were asked about it is good. */
export interface TokenUser {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

export interface AuthenticatorOptions {
  /** Users by static token. */
  readonly tokens: ReadonlyMap<string, UserInfo>;
  readonly serviceAccounts: ServiceAccountTokens;
  readonly registry: Registry;
  readonly clock: Clock;
}

/** Signatures that need not be checked again; beyond that all are forgotten. */
const MOST_VERIFIED = 10_000;

/** Says who a request comes from. Tokens are looked up by their digest, so that timing tells nothing about them. */
export class Authenticator {
  readonly #static: ReadonlyMap<string, UserInfo>;
  readonly #options: AuthenticatorOptions;
  readonly #subjects = new WeakMap<CertificateSubject, UserInfo>();
  readonly #verified = new Map<string, VerifiedToken>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#static = new Map([...options.tokens].map(([token, user]) => [digest(token), known(user)]));
  }

  /** A connection's subject is asked about with each of its requests: the answer is kept as long as it. */
  fromCertificate(subject: CertificateSubject): UserInfo | undefined {
    let user = this.#subjects.get(subject);
    if (!user) {
      const [name = ''] = textList(subject.CN);
      if (name === '') return undefined;
      user = known({ name, groups: textList(subject.O) });
      this.#subjects.set(subject, user);
    }
    return user;
  }

  /** The user of an Authorization header; undefined: nobody we know. */
  async fromAuthorization(header: string): Promise<UserInfo | undefined> {
    const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
    return token === undefined ? undefined : (await this.fromToken(token))?.user;
  }

  /** The user of a token that is for one of some audiences; left out: for this server. */
  async fromToken(token: string, audiences?: readonly string[]): Promise<TokenUser | undefined> {
    const key = digest(token);
    const wanted = audiences ?? this.#options.serviceAccounts.audiences;
    const user = this.#static.get(key);
    // A static token is for this server alone.
    if (user) return forAudiences(user, this.#options.serviceAccounts.audiences, wanted);
    const verified = await this.#verify(key, token);
    if (!verified) return undefined;
    const found = tokenUser(this.#options.registry, this.#options.clock, verified);
    return found && forAudiences(known(found), verified.audiences, wanted);
  }

  async #verify(key: string, token: string): Promise<VerifiedToken | undefined> {
    const { serviceAccounts, clock } = this.#options;
    const cached = this.#verified.get(key);
    if (cached && cached.expires > clock.now()) return cached;
    const verified = await serviceAccounts.verify(token);
    if (!verified) return undefined;
    if (this.#verified.size >= MOST_VERIFIED) this.#verified.clear();
    this.#verified.set(key, verified);
    return verified;
  }
}

function forAudiences(
  user: UserInfo,
  good: readonly string[],
  wanted: readonly string[],
): TokenUser | undefined {
  const audiences = wanted.filter((audience) => good.includes(audience));
  return audiences.length === 0 ? undefined : { user, audiences };
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
