import type { Connection } from '../conntrack/connection.ts';
import type { IpAddress } from '../ip-address.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import type { Destination } from './destination.ts';
import type { VirtualService } from './virtual-service.ts';

/** One balanced connection (struct ip_vs_conn), or the memory of where a client went (a template). */
export class IpvsConnection {
  readonly service: VirtualService;
  readonly destination: Destination;
  readonly clientAddress: IpAddress;
  /** 0 of a template. */
  readonly clientPort: number;
  readonly isTemplate: boolean;
  /** An index into IPVS_TCP_STATES. */
  state = 0;
  /** Counted as established by its destination. */
  isActive = false;
  expiresAt = 0;
  /** What a packet in its present state gives it, in milliseconds. */
  lifetimeMs = 0;
  /** Ends with it (ip_vs_conn_drop_conntrack). */
  tracked: Connection | undefined;
  /** What the client came by, if it stays with its destination. */
  template: IpvsConnection | undefined;
  /** Connections made by a template that still are. */
  controlled = 0;

  constructor(
    service: VirtualService,
    destination: Destination,
    client: { readonly address: IpAddress; readonly port: number },
    isTemplate: boolean,
  ) {
    this.service = service;
    this.destination = destination;
    this.clientAddress = client.address;
    this.clientPort = client.port;
    this.isTemplate = isTemplate;
  }

  /** Packets in its middle move no state. */
  get isSteady(): boolean {
    return this.isActive || this.service.protocol !== PROTO_TCP;
  }

  /** Whether a packet leaves the connection as it is, but for its age. */
  mayStay(now: number): boolean {
    return this.expiresAt > now && this.isSteady && this.destination.isAvailable;
  }

  /** What a packet does to a connection that mayStay. */
  keepAlive(now: number): void {
    this.expiresAt = now + this.lifetimeMs;
  }
}
