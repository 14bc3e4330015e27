import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import { type IpAddress, type IpVersion, parseIp } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';

/** resolv.conf(5). */
export interface ResolverConfig {
  readonly nameservers: readonly IpAddress[];
  readonly search: readonly string[];
  readonly ndots: number;
}

const DNS_PORT = 53;
/** The resolver's defaults (resolv.conf(5)): `timeout:5`, `attempts:2`. */
const TIMEOUT_MS = 5_000;
const ATTEMPTS = 2;

/** The names that a resolver tries for one name, in order. */
export function candidateNames(name: string, { search, ndots }: ResolverConfig): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const dots = name.split('.').length - 1;
  const searched = search.map((domain) => `${name}.${domain}`);
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

/**
 * The addresses of a name, of IPv6 first where the namespace speaks that beyond its links (RFC 6724 §2.1), asked from a simulated namespace; rejects with code
 * ENOTFOUND or EAI_AGAIN.
 */
export async function resolveName(
  netns: Netns,
  clock: Clock,
  rng: Rng,
  config: ResolverConfig,
  name: string,
  version?: IpVersion,
): Promise<readonly IpAddress[]> {
  const literal = parseIp(name);
  if (literal !== undefined) return [literal];
  const versions = version === undefined ? spoken(netns) : [version];
  for (const candidate of candidateNames(name, config)) {
    if (!isDnsName(candidate)) continue;
    const answers = await Promise.all(
      versions.map((version) => ask(netns, clock, rng, config, { name: candidate, type: TYPES[version] })),
    );
    const addresses = answers.every((each) => each === undefined)
      ? undefined
      : answers.flatMap((each) => each ?? []);
    if (addresses === undefined)
      throw Object.assign(new Error(`no name server answers for ${name}`), { code: 'EAI_AGAIN' });
    if (addresses.length > 0) return addresses;
  }
  throw Object.assign(new Error(`there is no address for ${name}`), { code: 'ENOTFOUND' });
}

const TYPES: Readonly<Record<IpVersion, 'A' | 'AAAA'>> = { 4: 'A', 6: 'AAAA' };

interface DnsQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
}

/** What getaddrinfo asks for (AI_ADDRCONFIG): of IPv6 only where there is an address of it. */
function spoken(netns: Netns): readonly IpVersion[] {
  const hasSix = netns.links().some(({ addresses6 }) => addresses6.some(({ scope }) => scope === 'global'));
  return hasSix ? [6, 4] : [4];
}

/** RFC 1035 §2.3.4. */
function isDnsName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => label.length > 0 && label.length <= 63);
}

/** Undefined: nobody answered. Empty: there is none. */
async function ask(
  netns: Netns,
  clock: Clock,
  rng: Rng,
  { nameservers }: ResolverConfig,
  question: DnsQuestion,
): Promise<readonly IpAddress[] | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (const server of nameservers) {
      const answer = await query(netns, clock, rng, server, question);
      if (answer) return answer;
    }
  }
  return undefined;
}

/** Undefined: this server gave no answer to rely on, for lack of an answer, of a server, or of its own mind. */
function query(
  netns: Netns,
  clock: Clock,
  rng: Rng,
  server: IpAddress,
  question: DnsQuestion,
): Promise<readonly IpAddress[] | undefined> {
  const id = rng.int(65536);
  const message = encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [question] });
  const socket = netns.udp.bind({});
  return new Promise<readonly IpAddress[] | undefined>((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), TIMEOUT_MS);
    const finish = (addresses: readonly IpAddress[] | undefined): void => {
      clock.clearTimeout(timer);
      resolve(addresses);
    };
    socket.onMessage = (payload, from) => {
      if (from.address !== server || from.port !== DNS_PORT) return;
      const answer = readAnswer(payload, id);
      if (answer) finish(answer.addresses);
    };
    socket.onFault = () => finish(undefined);
    if (socket.send(message, { address: server, port: DNS_PORT }) !== 'sent') finish(undefined);
  }).finally(() => socket.close());
}

/** Undefined for what is no answer to this question; no addresses where the server could not say. */
function readAnswer(
  payload: Uint8Array,
  id: number,
): { readonly addresses: readonly IpAddress[] | undefined } | undefined {
  try {
    const packet = decode(Buffer.from(payload));
    if (packet.id !== id || packet.type !== 'response') return undefined;
    const { rcode } = packet as { readonly rcode?: string };
    if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') return { addresses: undefined };
    const addresses = (packet.answers ?? [])
      .flatMap((record) => (record.type === 'A' || record.type === 'AAAA' ? [parseIp(record.data)] : []))
      .filter((ip) => ip !== undefined);
    return { addresses };
  } catch {
    return undefined;
  }
}
