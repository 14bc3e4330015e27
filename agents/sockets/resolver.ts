import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import { type Ipv4, parseIpv4 } from '../netstack/ipv4.ts';
import type { Netns } from '../netstack/netns.ts';

/** resolv.conf(5). */
export interface ResolverConfig {
  readonly nameservers: readonly Ipv4[];
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

/** The IPv4 addresses of a name, asked from a simulated namespace; rejects with code ENOTFOUND or EAI_AGAIN. */
export async function resolveName(
  netns: Netns,
  clock: Clock,
  rng: Rng,
  config: ResolverConfig,
  name: string,
): Promise<readonly Ipv4[]> {
  const literal = parseIpv4(name);
  if (literal !== undefined) return [literal];
  for (const candidate of candidateNames(name, config)) {
    if (!isDnsName(candidate)) continue;
    const addresses = await ask(netns, clock, rng, config, candidate);
    if (addresses === undefined)
      throw Object.assign(new Error(`no name server answers for ${name}`), { code: 'EAI_AGAIN' });
    if (addresses.length > 0) return addresses;
  }
  throw Object.assign(new Error(`there is no address for ${name}`), { code: 'ENOTFOUND' });
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
  name: string,
): Promise<readonly Ipv4[] | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (const server of nameservers) {
      const answer = await query(netns, clock, rng, server, name);
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
  server: Ipv4,
  name: string,
): Promise<readonly Ipv4[] | undefined> {
  const id = rng.int(65536);
  const message = encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ type: 'A', name }] });
  const socket = netns.udp.bind({});
  return new Promise<readonly Ipv4[] | undefined>((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), TIMEOUT_MS);
    const finish = (addresses: readonly Ipv4[] | undefined): void => {
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
): { readonly addresses: readonly Ipv4[] | undefined } | undefined {
  try {
    const packet = decode(Buffer.from(payload));
    if (packet.id !== id || packet.type !== 'response') return undefined;
    const { rcode } = packet as { readonly rcode?: string };
    if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') return { addresses: undefined };
    const addresses = (packet.answers ?? [])
      .flatMap((record) => (record.type === 'A' ? [parseIpv4(record.data)] : []))
      .filter((ip) => ip !== undefined);
    return { addresses };
  } catch {
    return undefined;
  }
}
