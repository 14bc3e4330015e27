import { type Cidr, parseCidr } from '../netstack/cidr.ts';
import { type Ipv4, parseIpv4 } from '../netstack/ipv4.ts';
import type { Link } from '../netstack/link/link.ts';
import { type Mac, parseMac } from '../netstack/mac.ts';
import type { Netns } from '../netstack/netns.ts';
import { UsageError } from './command.ts';

/** Reads `KEY VALUE` words of an iproute2 command line. */
export class IpWords {
  readonly json: boolean;
  readonly verb: string;
  readonly #words: string[];

  constructor(args: readonly string[], verbs: readonly string[]) {
    this.json = args[0] === '-j';
    const words = args.slice(this.json ? 1 : 0);
    const first = words[0];
    const verb = first === undefined ? 'show' : verbs.find((each) => each.startsWith(first));
    if (verb === undefined) throw new UsageError(`Command "${first}" is unknown, try "ip help".`, 255);
    this.verb = verb;
    this.#words = words.slice(1);
  }

  next(): string | undefined {
    return this.#words.shift();
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

export function requireAddress(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined)
    throw new UsageError(`Error: any valid address is expected rather than "${text}".`, 1);
  return address;
}

export function requirePrefix(text: string): Cidr {
  const prefix = text === 'default' ? parseCidr('0.0.0.0/0') : parseCidr(text);
  if (!prefix) throw new UsageError(`Error: any valid prefix is expected rather than "${text}".`, 1);
  return prefix;
}

export function requireMac(text: string): Mac {
  const mac = parseMac(text);
  if (mac === undefined) throw new UsageError(`"${text}" is invalid lladdr.`, 255);
  return mac;
}
