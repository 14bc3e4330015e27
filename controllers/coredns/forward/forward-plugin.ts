import { type Answer, decode, encode, type Question, RECURSION_DESIRED } from 'dns-packet';
import type { Clock, Timer } from '../../../platform/clock.ts';
import type { HostEndpoint, HostNetwork, HostUdpSocket } from '../../../platform/host-network.ts';
import type { Rng } from '../../../platform/rng.ts';
import { type DnsPlugin, type DnsReply, emptyReply, type Rcode } from '../plugin.ts';

export interface ForwardOptions {
  readonly network: HostNetwork;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly upstreams: readonly HostEndpoint[];
}

/** CoreDNS's read time-out. */
const TIMEOUT_MS = 2_000;
/** Kubernetes' Corefile: `max_concurrent 1000`. */
const MOST_IN_FLIGHT = 1000;

/** Asks other resolvers, one after the other, about names that nobody before it answered. */
export class ForwardPlugin implements DnsPlugin {
  readonly name = 'forward';
  readonly #options: ForwardOptions;
  #inFlight = 0;

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  async serve(question: Question): Promise<DnsReply | undefined> {
    if (this.#options.upstreams.length === 0) return undefined;
    if (this.#inFlight >= MOST_IN_FLIGHT) return emptyReply('REFUSED');
    this.#inFlight++;
    try {
      for (const upstream of this.#options.upstreams) {
        const reply = await this.#ask(question, upstream);
        if (reply) return reply;
      }
      return emptyReply('SERVFAIL');
    } finally {
      this.#inFlight--;
    }
  }

  async #ask(question: Question, upstream: HostEndpoint): Promise<DnsReply | undefined> {
    const { network, clock, rng } = this.#options;
    const id = rng.int(65536);
    // A fresh port for each query is what keeps forged answers out (RFC 5452).
    const socket = await network.bindUdp({ address: '0.0.0.0', port: 0 });
    let timer: Timer | undefined;
    try {
      return await new Promise<DnsReply | undefined>((resolve) => {
        timer = clock.setTimeout(() => resolve(undefined), TIMEOUT_MS);
        socket.onDatagram = (payload, from) => {
          if (from.address !== upstream.address || from.port !== upstream.port) return;
          const reply = readReply(payload, id);
          if (reply) resolve(reply);
        };
        sendQuery(socket, question, id, upstream);
      });
    } finally {
      clock.clearTimeout(timer);
      await socket.close();
    }
  }
}

function sendQuery(socket: HostUdpSocket, question: Question, id: number, upstream: HostEndpoint): void {
  socket.send(encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [question] }), upstream);
}

function readReply(payload: Uint8Array, id: number): DnsReply | undefined {
  try {
    const packet = decode(Buffer.from(payload));
    if (packet.id !== id || packet.type !== 'response') return undefined;
    const withoutOpt = (records: readonly Answer[] = []) => records.filter(({ type }) => type !== 'OPT');
    return {
      rcode: (packet as typeof packet & { rcode: Rcode }).rcode,
      authoritative: false,
      truncated: packet.flag_tc,
      answers: withoutOpt(packet.answers),
      authorities: withoutOpt(packet.authorities),
      additionals: withoutOpt(packet.additionals),
    };
  } catch {
    return undefined;
  }
}
