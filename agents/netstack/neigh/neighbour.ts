import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import type { Mac } from '../mac.ts';
import type { Packet } from '../packet.ts';

/** The states of RFC 4861 §7.3.2 as Linux uses them for ARP and NDP (include/uapi/linux/neighbour.h). */
export type NeighbourState =
  | 'NONE'
  | 'INCOMPLETE'
  | 'REACHABLE'
  | 'STALE'
  | 'DELAY'
  | 'PROBE'
  | 'FAILED'
  | 'PERMANENT'
  | 'NOARP';

export class Neighbour {
  readonly link: Link;
  readonly address: IpAddress;
  state: NeighbourState = 'NONE';
  mac: Mac | undefined = undefined;
  /** It says of itself that it forwards (RFC 4861 §4.4). */
  isRouter = false;
  /** When the address was last confirmed, last used without being sure of it, and when the entry last changed. */
  confirmedAt = Number.NEGATIVE_INFINITY;
  usedAt = 0;
  updatedAt = 0;
  /** How long a confirmation holds, in milliseconds. */
  reachableMs = 0;
  probes = 0;
  timer: unknown = undefined;
  /** Packets that wait for the address; bounded by unres_qlen_bytes, oldest dropped first. */
  queue: Packet[] = [];
  queuedBytes = 0;

  constructor(link: Link, address: IpAddress) {
    this.link = link;
    this.address = address;
  }
}
