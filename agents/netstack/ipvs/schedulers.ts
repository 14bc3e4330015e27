import type { RealServer } from './virtual-service.ts';

/** What the schedulers that take turns remember. */
export interface SchedulerState {
  next: number;
  readonly credit: Map<RealServer, number>;
}

interface Client {
  readonly source: number;
  readonly destination: number;
  readonly port: number;
}

type Scheduler = (
  servers: readonly RealServer[],
  client: Client,
  state: SchedulerState,
) => RealServer | undefined;

const takes = ({ weight }: RealServer): boolean => weight > 0;

/** The server of the least cost among those that take connections; the first of equals. */
function least(cost: (server: RealServer) => number): Scheduler {
  return (servers) => {
    let best: RealServer | undefined;
    for (const server of servers) {
      if (takes(server) && (best === undefined || cost(server) < cost(best))) best = server;
    }
    return best;
  };
}

/** Round robin (ip_vs_rr.c). */
const rr: Scheduler = (servers, _client, state) => {
  for (let i = 0; i < servers.length; i++) {
    const server = servers[(state.next + i) % servers.length]!;
    if (!takes(server)) continue;
    state.next = (state.next + i + 1) % servers.length;
    return server;
  }
  return undefined;
};

/** Each its share of turns, spread evenly (ip_vs_wrr.c gives the same shares in another order). */
const wrr: Scheduler = (servers, _client, { credit }) => {
  let best: RealServer | undefined;
  let total = 0;
  for (const server of servers) {
    if (!takes(server)) continue;
    total += server.weight;
    credit.set(server, (credit.get(server) ?? 0) + server.weight);
    if (best === undefined || credit.get(server)! > credit.get(best)!) best = server;
  }
  if (best) credit.set(best, credit.get(best)! - total);
  return best;
};

/** Shortest expected delay (ip_vs_sed.c). */
const sed = least(({ connections, weight }) => (connections + 1) / weight);

/** Whoever is idle, else by sed (ip_vs_nq.c). */
const nq: Scheduler = (servers, client, state) =>
  servers.find((server) => takes(server) && server.connections === 0) ?? sed(servers, client, state);

/** Knuth's multiplicative hash over a table of 256, as ip_vs_sh.c and ip_vs_dh.c have it. */
const hashed =
  (key: (client: Client) => number): Scheduler =>
  (servers, client) => {
    if (servers.length === 0) return undefined;
    const slot = (Math.imul(key(client), 2654435761) >>> 24) & 255;
    const server = servers[slot % servers.length]!;
    return takes(server) ? server : undefined;
  };

const sh = hashed(({ source }) => source);
const dh = hashed(({ destination }) => destination);

/** Slots of Maglev's table: a prime (ip_vs_mh.c, IP_VS_MH_TAB_INDEX's default is 4093). */
const MAGLEV_SLOTS = 4093;

/**
 * Maglev hashing: few clients move when a server comes or goes. The table is the paper's (Eisenbud et al., NSDI
 * 2016, §3.4); made anew when servers change.
 */
const maglev = (): Scheduler => {
  const tables = new WeakMap<
    SchedulerState,
    { readonly of: string; readonly slots: readonly RealServer[] }
  >();
  return (servers, { source }, state) => {
    const usable = servers.filter(takes);
    if (usable.length === 0) return undefined;
    const of = usable.map(({ address, port, weight }) => `${address}:${port}=${weight}`).join();
    let table = tables.get(state);
    if (table?.of !== of || !usable.includes(table.slots[0]!)) {
      table = { of, slots: maglevTable(usable) };
      tables.set(state, table);
    }
    return table.slots[mix(source, 0x9e3779b9) % MAGLEV_SLOTS];
  };
};

function maglevTable(servers: readonly RealServer[]): RealServer[] {
  const slots: (RealServer | undefined)[] = new Array(MAGLEV_SLOTS).fill(undefined);
  const walks = servers.map((server) => ({
    server,
    at: mix(server.address, server.port) % MAGLEV_SLOTS,
    step: (mix(server.address, server.port + 0x10000) % (MAGLEV_SLOTS - 1)) + 1,
  }));
  for (let filled = 0; ; ) {
    for (const walk of walks) {
      for (let turn = 0; turn < walk.server.weight; turn++) {
        while (slots[walk.at] !== undefined) walk.at = (walk.at + walk.step) % MAGLEV_SLOTS;
        slots[walk.at] = walk.server;
        if (++filled === MAGLEV_SLOTS) return slots as RealServer[];
      }
    }
  }
}

function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ (b << 7), 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** By the names that ipvsadm has; lblc and lblcr, which caches use, are not here. */
export const SCHEDULERS = {
  rr,
  wrr,
  lc: least(({ connections }) => connections),
  wlc: least(({ connections, weight }) => connections / weight),
  sh,
  dh,
  mh: maglev(),
  sed,
  nq,
} as const satisfies Record<string, Scheduler>;
export type SchedulerName = keyof typeof SCHEDULERS;

export function isScheduler(name: string): name is SchedulerName {
  return Object.hasOwn(SCHEDULERS, name);
}
