import type { IpVersion } from '../ip-address.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, protocolName } from '../protocol-numbers.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6, type Value } from './data-type.ts';
import type { Field } from './field.ts';
import { NftError, type Span } from './nft-error.ts';
import {
  type Expression,
  type NatStatement,
  type Operand,
  type RejectStatement,
  type Statement,
  typesOf,
  valuesOf,
} from './rule.ts';
import type { Family } from './table.ts';

const TRANSPORT_FIELDS: readonly string[] = ['meta l4proto', 'ip protocol', 'ip6 nexthdr'];
const VERSION_OF: ReadonlyMap<Value, IpVersion> = new Map([
  [NFPROTO_IPV4, 4],
  [NFPROTO_IPV6, 6],
]);

/**
 * The protocols that a rule has spoken of so far. What speaks of another one could never match, and is a mistake
 * (nft's proto_ctx, src/proto.c).
 */
export class ProtocolContext {
  readonly #family: Family;
  readonly #versions: IpVersion[] = [];
  readonly #transports: number[] = [];

  constructor(family: Family) {
    this.#family = family;
    if (family !== 'inet') this.#versions.push(family === 'ip' ? 4 : 6);
  }

  /** Takes note of a statement, and completes it; throws if it contradicts what came before. */
  read(statement: Statement, span: Span): Statement {
    if (statement.kind === 'nat') return this.#translation(statement, span);
    if (statement.kind === 'reject') return this.#refusal(statement, span);
    this.#check(statement, span);
    return statement;
  }

  #check(statement: Exclude<Statement, NatStatement | RejectStatement>, span: Span): void {
    switch (statement.kind) {
      case 'match':
        this.#expression(statement.left, span);
        if (statement.operator === '==') this.#values(statement.left, statement.right);
        return;
      case 'vmap':
      case 'update':
        return this.#expression(statement.key, span);
      case 'assign':
        this.#field(statement.target, span);
        return this.#expression(statement.value, span);
    }
  }

  #expression(expression: Expression, span: Span): void {
    switch (expression.kind) {
      case 'field':
        return this.#field(expression.field, span);
      case 'concat':
        for (const part of expression.parts) this.#expression(part, span);
        return;
      case 'binary':
        return this.#expression(expression.left, span);
      case 'map':
        return this.#expression(expression.key, span);
    }
  }

  #field({ version, protocol }: Field, span: Span): void {
    if (version !== undefined) this.#version(version, span);
    if (protocol === undefined) return;
    const other = this.#transports.find((each) => each !== protocol);
    if (other !== undefined)
      throw new NftError(
        `conflicting protocols specified: ${transportName(other)} vs. ${transportName(protocol)}`,
        span,
      );
    this.#transports.push(protocol);
  }

  #version(version: IpVersion, span: Span, hint = ''): void {
    const other = this.#versions.find((each) => each !== version);
    if (other !== undefined)
      throw new NftError(
        `conflicting protocols specified: ${versionName(other)} vs. ${versionName(version)}${hint}`,
        span,
      );
    this.#versions.push(version);
  }

  /** What a match leaves: `meta l4proto tcp` makes it TCP from there on. */
  #values(left: Expression, right: Operand): void {
    if (left.kind !== 'field') return;
    const isTransport = TRANSPORT_FIELDS.includes(left.field.text);
    if (!isTransport && left.field.text !== 'meta nfproto') return;
    for (const value of valuesOf(right)) {
      const version = VERSION_OF.get(value);
      if (isTransport) this.#transports.push(Number(value));
      else if (version !== undefined) this.#versions.push(version);
    }
  }

  #translation(statement: NatStatement, span: Span): NatStatement {
    const { version, ...nat } = statement;
    const { address, ports } = nat;
    const hint = '. You must specify ip or ip6 family in nat statement';
    if (version !== undefined) this.#version(version, span, hint);
    if (address !== undefined && this.#versions.length === 0)
      throw new NftError('ip or ip6 must be specified with address for inet tables.', span);
    let mapsPort = false;
    if (address !== undefined && 'kind' in address) {
      this.#expression(address, span);
      mapsPort = typesOf(address).length > 1;
    } else if (address !== undefined) this.#version(typeof address.low === 'bigint' ? 6 : 4, span, hint);
    if ((mapsPort || ports !== undefined) && this.#transports.length === 0)
      throw new NftError('transport protocol mapping is only valid after transport protocol match', span);
    const isListed = address !== undefined && (mapsPort || this.#family === 'inet');
    return isListed ? { ...nat, version: this.#versions[0]! } : nat;
  }

  #refusal(statement: RejectStatement, span: Span): RejectStatement {
    const { version, with: type } = statement;
    if (type === 'tcp-reset') {
      if (this.#transports.some((each) => each !== PROTO_TCP))
        throw new NftError('you cannot use tcp reset with this protocol', span);
      return statement;
    }
    if (version !== undefined && this.#saidVersions().some((each) => each !== version))
      throw new NftError('conflicting protocols specified: ip vs ip6', span);
    if (!type.endsWith('port-unreachable')) return statement;
    if (this.#family !== 'inet') return { kind: 'reject', with: type };
    const [known] = this.#versions;
    return statement.isPlain === true && known !== undefined ? portUnreachable(known) : statement;
  }

  /** Those that ICMP implies, too. */
  #saidVersions(): readonly IpVersion[] {
    if (this.#family !== 'inet') return this.#versions;
    const isIcmp = this.#transports.includes(PROTO_ICMP);
    const isIcmpv6 = this.#transports.includes(PROTO_ICMPV6);
    return [...this.#versions, ...(isIcmp ? ([4] as const) : []), ...(isIcmpv6 ? ([6] as const) : [])];
  }
}

const portUnreachable = (version: IpVersion): RejectStatement => ({
  kind: 'reject',
  with: version === 6 ? 'icmp6-port-unreachable' : 'icmp-port-unreachable',
  version,
});
const versionName = (version: IpVersion): string => (version === 6 ? 'ip6' : 'ip');
const transportName = (protocol: number): string =>
  protocol === PROTO_ICMPV6 ? 'icmpv6' : (protocolName(protocol) ?? String(protocol));
