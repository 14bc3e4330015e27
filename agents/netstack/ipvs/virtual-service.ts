import type { Ipv4 } from '../ipv4.ts';
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { SCHEDULERS, type SchedulerName, type SchedulerState } from './schedulers.ts';

export interface ServiceKey {
  readonly protocol: number;
  readonly address: Ipv4;
  readonly port: number;
}

export interface RealServer {
  readonly address: Ipv4;
  readonly port: number;
  /** 0: no new connections, old ones go on. */
  weight: number;
  /** Tracked connections that it has. */
  connections: number;
  /** False once it is taken out: its connections end with their next packet (expire_nodest_conn). */
  present: boolean;
}

/** A client that came before goes where it went. */
interface Template {
  readonly server: RealServer;
  expiresAt: number;
}

/** Clients that one service remembers; the oldest is forgotten. */
const MAX_TEMPLATES = 65_536;

export class VirtualService {
  readonly key: ServiceKey;
  scheduler: SchedulerName;
  /** Seconds a client stays with its server; 0: no persistence. */
  persistentSeconds = 0;
  readonly servers: RealServer[] = [];
  readonly #state: SchedulerState = { next: 0, credit: new Map() };
  readonly #templates = new Map<number, Template>();

  constructor(key: ServiceKey, scheduler: SchedulerName) {
    this.key = key;
    this.scheduler = scheduler;
  }

  find(address: number, port: number): RealServer | undefined {
    return this.servers.find((server) => server.address === address && server.port === port);
  }

  remove(server: RealServer): void {
    server.present = false;
    this.servers.splice(this.servers.indexOf(server), 1);
  }

  /** The server of a new connection; undefined if none takes any. */
  choose(client: { source: number; destination: number; port: number }, now: number): RealServer | undefined {
    if (this.persistentSeconds === 0) return this.#schedule(client);
    const known = this.#templates.get(client.source);
    // expire_quiescent_template: a server without weight keeps no clients.
    const isGood = known && known.expiresAt > now && known.server.present && known.server.weight > 0;
    const server = isGood ? known.server : this.#schedule(client);
    this.#templates.delete(client.source);
    if (server) this.#remember(client.source, { server, expiresAt: now + this.persistentSeconds * 1000 });
    return server;
  }

  #schedule(client: { source: number; destination: number; port: number }): RealServer | undefined {
    return SCHEDULERS[this.scheduler](this.servers, client, this.#state);
  }

  #remember(source: number, template: Template): void {
    if (this.#templates.size >= MAX_TEMPLATES) {
      const [oldest] = this.#templates.keys();
      this.#templates.delete(oldest!);
    }
    this.#templates.set(source, template);
  }
}

export const PROTOCOL_FLAGS: Readonly<Record<string, number>> = {
  '-t': PROTO_TCP,
  '-u': PROTO_UDP,
  '--sctp-service': PROTO_SCTP,
};
