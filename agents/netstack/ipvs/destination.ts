import type { IpAddress } from '../ip-address.ts';
import { IpvsStats } from './ipvs-stats.ts';

/** A real server behind a virtual service (struct ip_vs_dest). */
export class Destination {
  readonly address: IpAddress;
  readonly port: number;
  #weight: number;
  /** The last that was not 0. */
  lastWeight: number;
  /** False once it is deleted: its connections end with their next packet, if the sysctl says so. */
  isAvailable = true;
  /** Connections that are established, and those that are not, yet or any more. */
  active = 0;
  inactive = 0;
  readonly stats = new IpvsStats();

  constructor(address: IpAddress, port: number, weight: number) {
    this.address = address;
    this.port = port;
    this.#weight = weight;
    this.lastWeight = weight;
  }

  /** 0: what is connected stays, nobody new comes. */
  get weight(): number {
    return this.#weight;
  }

  set weight(weight: number) {
    this.#weight = weight;
    if (weight !== 0) this.lastWeight = weight;
  }
}
