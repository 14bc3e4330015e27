import type { IpVersion } from '../ip-address.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { type MatchDraft, parseAddressMatch, parseProtocol } from './match-draft.ts';
import { openMatch } from './match-parser.ts';
import { ApplyError, OptionReader, RuleError } from './option-reader.ts';
import type { AddressMatch, InterfaceMatch, Rule, Target } from './rule.ts';
import { openTarget, type TargetDraft } from './target-parser.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const MATCH_OF_PROTOCOL: Readonly<Record<number, string>> = {
  [PROTO_TCP]: 'tcp',
  [PROTO_UDP]: 'udp',
  [PROTO_ICMP]: 'icmp',
  [PROTO_ICMPV6]: 'icmp6',
  [PROTO_SCTP]: 'sctp',
};

/**
 * Reads the rules that options make (what follows `-A CHAIN`), from the word at `from` on: one for each pair of the addresses that are listed. As in iptables an option belongs to the target or the
 * latest match that knows it, and a protocol's own match is loaded by the first option that needs it.
 */
export function parseRules(words: readonly string[], version: IpVersion, from = 0): readonly Rule[] {
  const state = new RuleDraft(new OptionReader(words, version, from));
  state.readAll();
  return state.finish();
}

class RuleDraft {
  readonly #reader: OptionReader;
  readonly #rule: Mutable<Rule> = { matches: [], target: { kind: 'none' } };
  readonly #matches: MatchDraft[] = [];
  #sources: readonly AddressMatch[] = [];
  #destinations: readonly AddressMatch[] = [];
  /** The options that each extension has had. */
  readonly #given = new Map<MatchDraft | TargetDraft, Set<string>>();
  #target: TargetDraft | undefined;
  #targetName = '';
  #jump: Target = { kind: 'none' };
  #hasTarget = false;
  #hasProtocol = false;

  constructor(reader: OptionReader) {
    this.#reader = reader;
  }

  readAll(): void {
    for (let word = this.#reader.next(); word !== undefined; word = this.#reader.next())
      this.#readOption(word);
  }

  finish(): readonly Rule[] {
    for (const { name } of this.#matches) this.#requireProtocol(name);
    const target = this.#target ? this.#target.finish() : this.#jump;
    if ('range' in target && target.range.minPort !== undefined && !PORT_PROTOCOLS.has(this.#protocol)) {
      throw new RuleError('Need TCP, UDP, SCTP or DCCP with port specification');
    }
    if (target.kind === 'REJECT' && target.with === 'tcp-reset' && this.#protocol !== PROTO_TCP)
      throw new ApplyError("Invalid argument. Run `dmesg' for more information.");
    this.#rule.matches = this.#matches.map((match) => match.finish());
    this.#rule.target = target;
    if (this.#sources.length <= 1 && this.#destinations.length <= 1) return [this.#rule];
    return this.#eachAddress();
  }

  /** For each source every destination. */
  #eachAddress(): Rule[] {
    const either = <T>(all: readonly T[]): readonly (T | undefined)[] =>
      all.length === 0 ? [undefined] : all;
    return either(this.#sources).flatMap((source) =>
      either(this.#destinations).map((destination) => ({
        ...this.#rule,
        ...(source && { source }),
        ...(destination && { destination }),
      })),
    );
  }

  /** The protocol that the rule is about; 0 for any, and if it is about all but one. */
  get #protocol(): number {
    const { protocol } = this.#rule;
    return protocol === undefined || protocol.invert ? 0 : protocol.number;
  }

  #requireProtocol(match: string): void {
    if (PROTOCOL_MATCHES.has(match) && MATCH_OF_PROTOCOL[this.#protocol] !== match)
      throw new RuleError(`match "${match}" needs protocol ${match}`);
    if (match !== 'multiport' || MULTIPORT_PROTOCOLS.has(this.#protocol)) return;
    throw new RuleError(
      this.#protocol === 0
        ? "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'"
        : 'multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP',
    );
  }

  #readOption(word: string): void {
    const reader = this.#reader;
    switch (word) {
      case '-s':
      case '--source':
      case '--src':
        this.#sources = this.#addresses('-s', this.#sources);
        this.#rule.source = this.#sources[0]!;
        return;
      case '-d':
      case '--destination':
      case '--dst':
        this.#destinations = this.#addresses('-d', this.#destinations);
        this.#rule.destination = this.#destinations[0]!;
        return;
      case '-i':
      case '--in-interface':
        if (this.#rule.input) throw multiple('-i');
        this.#rule.input = this.#interface(word);
        return;
      case '-o':
      case '--out-interface':
        if (this.#rule.output) throw multiple('-o');
        this.#rule.output = this.#interface(word);
        return;
      case '-p':
      case '--protocol':
      case '--proto': {
        if (this.#hasProtocol) throw multiple('-p');
        this.#hasProtocol = true;
        const number = parseProtocol(reader.value(word).toLowerCase());
        if (number === 0 && reader.invert) throw new RuleError('rule would never match protocol');
        if (number !== 0) this.#rule.protocol = { invert: reader.invert, number };
        return;
      }
      case '-f':
      case '--fragment':
        if (reader.version === 6) return this.#extensionOption(word);
        if (this.#rule.fragment) throw multiple('-f');
        this.#rule.fragment = { invert: reader.invert };
        return;
      case '-m':
      case '--match':
        return this.#loadMatch(reader.value(word));
      case '-j':
      case '--jump':
        return this.#setTarget(reader.value(word));
      case '-g':
      case '--goto':
        this.#hasTarget = true;
        this.#jump = { kind: 'goto', chain: reader.value(word) };
        return;
      case '-w':
      case '--wait':
        reader.optionalValue();
        return;
      default:
        this.#extensionOption(word);
    }
  }

  #addresses(option: string, before: readonly AddressMatch[]): readonly AddressMatch[] {
    if (before.length > 0) throw multiple(option);
    const all = this.#reader.value(option).split(',');
    if (all.length > 1 && this.#reader.invert)
      throw new RuleError('! not allowed with multiple source or destination IP addresses');
    return all.map((text) => parseAddressMatch(text, this.#reader));
  }

  #interface(option: string): InterfaceMatch {
    const name = this.#reader.value(option);
    if (name.length > 15) throw new RuleError(`interface name \`${name}' must be shorter than 15 characters`);
    return { name, invert: this.#reader.invert };
  }

  #loadMatch(name: string): void {
    const match = openMatch(name, this.#reader.version);
    if (!match) throw new RuleError(`Couldn't load match \`${name}':No such file or directory\n`);
    this.#matches.push(match);
  }

  #setTarget(name: string): void {
    if (this.#hasTarget) throw new RuleError('multiple -j flags not allowed');
    this.#hasTarget = true;
    this.#target = openTarget(name, this.#reader.version);
    this.#targetName = name;
    if (!this.#target) this.#jump = { kind: 'jump', chain: name };
  }

  #extensionOption(word: string): void {
    if (this.#target && this.#offer(this.#target, this.#targetName, word)) return;
    for (let i = this.#matches.length - 1; i >= 0; i--) {
      const match = this.#matches[i]!;
      if (this.#offer(match, match.name, word)) return;
    }
    const implied = MATCH_OF_PROTOCOL[this.#protocol];
    if (implied && !this.#matches.some((match) => match.name === implied)) {
      const match = openMatch(implied, this.#reader.version)!;
      if (this.#offer(match, match.name, word)) {
        this.#matches.push(match);
        return;
      }
    }
    if (!word.startsWith('-')) throw new RuleError(`Bad argument \`${word}'`);
    throw new RuleError(`unknown option "${word}"`);
  }

  /** Whether an option is the extension's; it may have it once. */
  #offer(extension: MatchDraft | TargetDraft, name: string, option: string): boolean {
    if (!extension.option(option, this.#reader)) return false;
    this.#reader.requireInvertible(name, option);
    const given = this.#given.get(extension);
    if (given === undefined) this.#given.set(extension, new Set([option]));
    else if (given.has(option)) throw new RuleError(`${name}: option "${option}" can only be used once.\n`);
    else given.add(option);
    return true;
  }
}

const multiple = (option: string): RuleError => new RuleError(`multiple ${option} flags not allowed`);

const PORT_PROTOCOLS: ReadonlySet<number> = new Set([PROTO_TCP, PROTO_UDP, PROTO_SCTP, 33]);
const MULTIPORT_PROTOCOLS: ReadonlySet<number> = new Set([...PORT_PROTOCOLS, 136]);
const PROTOCOL_MATCHES: ReadonlySet<string> = new Set(['tcp', 'udp', 'icmp', 'icmp6', 'sctp']);
