import type { IpVersion } from '../ip-address.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { type MatchDraft, parseAddressMatch, parseProtocol } from './match-draft.ts';
import { openMatch } from './match-parser.ts';
import { OptionReader, RuleError } from './option-reader.ts';
import type { InterfaceMatch, Rule, Target } from './rule.ts';
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
 * Reads a rule's options (what follows `-A CHAIN`), from the word at `from` on. As in iptables an option belongs to the target or the
 * latest match that knows it, and a protocol's own match is loaded by the first option that needs it.
 */
export function parseRule(words: readonly string[], version: IpVersion, from = 0): Rule {
  const state = new RuleDraft(new OptionReader(words, version, from));
  state.readAll();
  return state.finish();
}

class RuleDraft {
  readonly #reader: OptionReader;
  readonly #rule: Mutable<Rule> = { matches: [], target: { kind: 'none' } };
  readonly #matches: MatchDraft[] = [];
  #target: TargetDraft | undefined;
  #jump: Target = { kind: 'none' };
  #hasTarget = false;

  constructor(reader: OptionReader) {
    this.#reader = reader;
  }

  readAll(): void {
    for (let word = this.#reader.next(); word !== undefined; word = this.#reader.next())
      this.#readOption(word);
  }

  finish(): Rule {
    for (const match of this.#matches) {
      const number = this.#rule.protocol?.invert ? undefined : this.#rule.protocol?.number;
      if (PROTOCOL_MATCHES.has(match.name) && MATCH_OF_PROTOCOL[number ?? 0] !== match.name) {
        throw new RuleError(`match "${match.name}" needs protocol ${match.name}`);
      }
    }
    const target = this.#target ? this.#target.finish() : this.#jump;
    if ('range' in target && target.range.minPort !== undefined && !this.#hasPorts()) {
      throw new RuleError('Need TCP, UDP, SCTP or DCCP with port specification');
    }
    this.#rule.matches = this.#matches.map((match) => match.finish());
    this.#rule.target = target;
    return this.#rule;
  }

  #hasPorts(): boolean {
    const { protocol } = this.#rule;
    return protocol !== undefined && !protocol.invert && PORT_PROTOCOLS.has(protocol.number);
  }

  #readOption(word: string): void {
    const reader = this.#reader;
    switch (word) {
      case '-s':
      case '--source':
      case '--src':
        this.#rule.source = this.#address(word);
        return;
      case '-d':
      case '--destination':
      case '--dst':
        this.#rule.destination = this.#address(word);
        return;
      case '-i':
      case '--in-interface':
        this.#rule.input = this.#interface(word);
        return;
      case '-o':
      case '--out-interface':
        this.#rule.output = this.#interface(word);
        return;
      case '-p':
      case '--protocol':
      case '--proto': {
        const number = parseProtocol(reader.value(word).toLowerCase());
        if (number !== 0) this.#rule.protocol = { invert: reader.invert, number };
        return;
      }
      case '-f':
      case '--fragment':
        if (reader.version === 6) return this.#extensionOption(word);
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

  #address(option: string): Rule['source'] & object {
    const text = this.#reader.value(option);
    return parseAddressMatch(text, this.#reader);
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
    if (!this.#target) this.#jump = { kind: 'jump', chain: name };
  }

  #extensionOption(word: string): void {
    if (this.#target?.option(word, this.#reader)) return;
    for (let i = this.#matches.length - 1; i >= 0; i--) {
      if (this.#matches[i]!.option(word, this.#reader)) return;
    }
    const implied = MATCH_OF_PROTOCOL[this.#rule.protocol?.number ?? 0];
    if (implied && !this.#matches.some((match) => match.name === implied)) {
      const match = openMatch(implied, this.#reader.version)!;
      if (match.option(word, this.#reader)) {
        this.#matches.push(match);
        return;
      }
    }
    if (!word.startsWith('-')) throw new RuleError(`Bad argument \`${word}'`);
    throw new RuleError(`unknown option "${word}"`);
  }
}

const PORT_PROTOCOLS: ReadonlySet<number> = new Set([PROTO_TCP, PROTO_UDP, PROTO_SCTP, 33]);
const PROTOCOL_MATCHES: ReadonlySet<string> = new Set(['tcp', 'udp', 'icmp', 'icmp6', 'sctp']);
