import { type Cidr, type Cidr6, cidr, cidr6, parsePrefix } from '../netstack/cidr.ts';
import { type IpAddress, type IpVersion, parseIp, versionOf } from '../netstack/ip-address.ts';
import type { Link } from '../netstack/link/link.ts';
import type { Netns } from '../netstack/netns.ts';
import { UsageError } from './command.ts';

/** Reads `KEY VALUE` words of an iproute2 command line. */
export class IpWords {
  readonly json: boolean;
  /** What `-4` or `-6` asked for. */
  readonly family: IpVersion | undefined;
  readonly verb: string;
  readonly #words: string[];

  constructor(args: readonly string[], verbs: readonly string[], object: string) {
    this.json = args[0] === '-j';
    const rest = args.slice(this.json ? 1 : 0);
    const isFamily = rest[0] === '-4' || rest[0] === '-6';
    this.family = isFamily ? (rest[0] === '-6' ? 6 : 4) : undefined;
    const words = rest.slice(isFamily ? 1 : 0);
    const first = words[0];
    const verb = first === undefined ? 'show' : verbs.find((each) => each.startsWith(first));
    if (verb === undefined)
      throw new UsageError(`Command "${first}" is unknown, try "ip ${object} help".`, 255);
    this.verb = verb;
    this.#words = words.slice(1);
  }

  next(): string | undefined {
    return this.#words.shift();
  }

  peek(): string | undefined {
    return this.#words[0];
  }

  /** Whether a listing shows what has this address. */
  shows(address: IpAddress): boolean {
    return this.family === undefined || this.family === versionOf(address);
  }

  value(key: string): string {
    const word = this.#words.shift();
    if (word === undefined) throw new UsageError(`Command line is not complete. Try option "help"`, 255);
    void key;
    return word;
  }
}

export function requireLink(ns: Netns, name: string | undefined): Link {
  const link = name === undefined ? undefined : ns.link(name);
  if (!link) throw new UsageError(`Cannot find device "${name ?? ''}"`, 1);
  return link;
}

export function requireAddress(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined)
    throw new UsageError(`Error: any valid address is expected rather than "${text}".`, 1);
  return address;
}

/** `default` is of the family that the rest of the command says. */
export function requirePrefix(text: string, version: IpVersion = 4): Cidr | Cidr6 {
  if (text === 'default') return version === 6 ? cidr6('::/0') : cidr('0.0.0.0/0');
  const prefix = parsePrefix(text) as Cidr | Cidr6 | undefined;
  if (!prefix) throw new UsageError(`Error: any valid prefix is expected rather than "${text}".`, 1);
  return prefix;
}

/** A whole number in decimal or hexadecimal, at most `most`; `fault` is what is wrong with any other. */
export function requireNumber(text: string, most: number, fault: string, least = 0): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`Error: argument "${text}" is wrong: ${fault}\n`, 255);
}
