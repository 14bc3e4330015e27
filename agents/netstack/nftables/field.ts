import type { IpVersion } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import type { Places } from '../netfilter/callers.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import type { DataType, Value } from './data-type.ts';

/** Reads a value from a packet, as a signed 32-bit number: those need no memory of their own. */
export type Read = (packet: Packet, input: Link | undefined, output: Link | undefined) => number;
export type ReadDevice = (
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
) => Link | undefined;
/** Whether a packet has the value at all; a rule that asks for an absent one does not match. */
export type Has = (packet: Packet, input: Link | undefined, output: Link | undefined) => boolean;

/** Something of a packet that rules look at. */
export interface Field {
  /** As nft prints it. */
  readonly text: string;
  readonly type: DataType;
  /** The version of IP that speaking of it implies. */
  readonly version?: IpVersion;
  /** The transport protocol that speaking of it implies. */
  readonly protocol?: number;
  /** All packets of an established flow have the same value. */
  readonly perFlow: boolean;
  readonly tracks?: true;
  /** From where it may be asked, if not from everywhere. */
  readonly places?: Places;
  readonly has?: Has;
  read(ns: Netns): Read;
  /** Its value, if that is wide; `read` is not asked then. */
  readonly readWide?: (packet: Packet) => bigint;
  /** The device whose name it is: names that end with `*` are compared with that. */
  readonly device?: (ns: Netns) => ReadDevice;
  /** Gives the packet another value, if it has one; false if it cannot. */
  readonly change?: (packet: Packet, value: Value) => boolean;
  /** What `exists` and `missing` ask instead. */
  readonly presence?: Field;
}
