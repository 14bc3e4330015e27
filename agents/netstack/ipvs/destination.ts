import type { Ipv4 } from '../ipv4.ts';

/** A real server behind a virtual service (struct ip_vs_dest). */
export class Destination {
  readonly address: Ipv4;
  readonly port: number;
  /** 0: what is connected stays, nobody new comes. */
  weight: number;
  /** False once it is deleted: its connections end with their next packet, if the sysctl says so. */
  isAvailable = true;
  /** Connections that are established, and those that are not, yet or any more. */
  active = 0;
  inactive = 0;

  constructor(address: Ipv4, port: number, weight: number) {
    this.address = address;
    this.port = port;
    this.weight = weight;
  }
}
