import type { IpAddress } from '../ip-address.ts';
import { ANY_IPV4 } from '../ipv4.ts';
import type { IpvsConnection } from '../ipvs/ipvs-connection.ts';
import type { SctpTracking } from './sctp-tracking.ts';
import { TCP_ESTABLISHED } from './tcp-state.ts';
import type { TcpTracking } from './tcp-tracking.ts';
import type { Tuple } from './tuple.ts';

/** Status bits, as enum ip_conntrack_status. */
export const IPS_SEEN_REPLY = 1 << 1;
export const IPS_ASSURED = 1 << 2;
export const IPS_CONFIRMED = 1 << 3;
export const IPS_SRC_NAT = 1 << 4;
export const IPS_DST_NAT = 1 << 5;
export const IPS_NAT_MASK = IPS_SRC_NAT | IPS_DST_NAT;
export const IPS_SRC_NAT_DONE = 1 << 7;
export const IPS_DST_NAT_DONE = 1 << 8;
export const IPS_DYING = 1 << 9;

/** One direction of a connection, as it hangs in the hash table. */
export class TupleNode implements Tuple {
  source: IpAddress = ANY_IPV4;
  destination: IpAddress = ANY_IPV4;
  sourcePort = 0;
  destinationPort = 0;
  protocol = 0;
  next: TupleNode | undefined = undefined;
  readonly connection: Connection;
  readonly isReply: boolean;

  constructor(connection: Connection, isReply: boolean) {
    this.connection = connection;
    this.isReply = isReply;
  }

  set(tuple: Readonly<Tuple>): void {
    this.source = tuple.source;
    this.destination = tuple.destination;
    this.sourcePort = tuple.sourcePort;
    this.destinationPort = tuple.destinationPort;
    this.protocol = tuple.protocol;
  }
}

/** One tracked connection (struct nf_conn). Until it is confirmed only its packet knows it. */
export class Connection {
  readonly original: TupleNode;
  readonly reply: TupleNode;
  status = 0;
  mark = 0;
  /** Milliseconds; past it the entry does not exist any more. */
  expiresAt = 0;
  createdAt = 0;
  /** Those of TCP and of SCTP have it. */
  tcp: TcpTracking | undefined = undefined;
  sctp: SctpTracking | undefined = undefined;
  /** Of the device that a masquerade took its address from. */
  masqueradeLink = 0;
  master: Connection | undefined = undefined;
  /** The same connection as IPVS knows it. */
  balanced: IpvsConnection | undefined = undefined;
  /** Where it is in the table's list, for removal in constant time. */
  index = -1;

  constructor() {
    this.original = new TupleNode(this, false);
    this.reply = new TupleNode(this, true);
  }

  get protocol(): number {
    return this.original.protocol;
  }

  get confirmed(): boolean {
    return (this.status & IPS_CONFIRMED) !== 0;
  }

  /** Past its beginning and before its end: packets in the middle of it move no state. */
  isSteady(): boolean {
    if ((this.status & (IPS_CONFIRMED | IPS_DYING)) !== IPS_CONFIRMED) return false;
    if (this.tcp === undefined) return true;
    // An answered connection's next packet makes it assured.
    const isSettled = (this.status & (IPS_SEEN_REPLY | IPS_ASSURED)) !== IPS_SEEN_REPLY;
    return this.tcp.state === TCP_ESTABLISHED && isSettled;
  }

  /** The tuple of the direction opposite to a packet's. */
  otherDirection(isReply: boolean): TupleNode {
    return isReply ? this.original : this.reply;
  }
}
