import type { IpAddress } from '../ip-address.ts';
import type { Destination } from './destination.ts';
import { IpvsStats } from './ipvs-stats.ts';
import { type Client, SCHEDULERS, type Scheduler, type SchedulerName, type Turn } from './scheduler.ts';

/** What names a service. */
export interface ServiceKey {
  readonly protocol: number;
  readonly address: IpAddress;
  readonly port: number;
}

export interface ServiceSettings {
  readonly scheduler: SchedulerName;
  /** How long a client stays with its destination; 0: not at all. */
  readonly persistentSeconds: number;
  /** Clients of one network are one, for persistence; without it each is for itself. */
  readonly prefixLength?: number;
  /** `mh-port` or `sh-port`: clients are told apart by their ports too. */
  readonly hashesPorts: boolean;
}

/** A virtual service (struct ip_vs_service): an address and port that destinations stand behind. */
export class VirtualService implements ServiceKey {
  readonly protocol: number;
  readonly address: IpAddress;
  readonly port: number;
  settings: ServiceSettings;
  readonly stats = new IpvsStats();
  #destinations: readonly Destination[] = [];
  #scheduler: Scheduler;
  readonly #turn: Turn = { last: undefined };

  constructor({ protocol, address, port }: ServiceKey, settings: ServiceSettings) {
    this.protocol = protocol;
    this.address = address;
    this.port = port;
    this.settings = settings;
    this.#scheduler = SCHEDULERS[settings.scheduler]([]);
  }

  /** The newest first: so schedulers go through them. */
  get destinations(): readonly Destination[] {
    return this.#destinations;
  }

  set destinations(destinations: readonly Destination[]) {
    this.#keepTurn(destinations);
    this.#destinations = destinations;
    this.changed();
  }

  /** If who had the last turn goes, the one before it had it (ip_vs_rr_del_dest). */
  #keepTurn(after: readonly Destination[]): void {
    const { last } = this.#turn;
    if (last === undefined || after.includes(last)) return;
    this.#turn.last = this.#destinations[this.#destinations.indexOf(last) - 1];
  }

  /** After a change of weights or settings. */
  changed(): void {
    this.#scheduler = SCHEDULERS[this.settings.scheduler](this.#destinations, this.#turn);
  }

  schedule(client: Client): Destination | undefined {
    const port = this.settings.hashesPorts ? client.port : 0;
    return this.#scheduler({ address: client.address, port }, this.address);
  }

  find(address: IpAddress, port: number): Destination | undefined {
    return this.#destinations.find((each) => each.address === address && each.port === port);
  }
}
