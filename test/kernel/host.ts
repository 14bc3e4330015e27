import { internetChecksum } from '../../agents/netstack/checksum.ts';
import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { mac } from '../../agents/netstack/mac.ts';
import type { Netns } from '../../agents/netstack/netns.ts';

/** A frame that came out of a device. */
export interface Out {
  readonly device: string;
  readonly frame: Uint8Array;
  /** When, in milliseconds of its world. */
  readonly at: number;
}

export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who asks the node by a device, to hear that all before has been worked off: a neighbour that it knows. */
export interface Prober {
  readonly mac: string;
  readonly address: string;
  /** Whom it asks. */
  readonly nodeMac: string;
  readonly nodeAddress: string;
}

/** How a host is made, the same in both worlds. */
export interface HostPlan {
  /** Devices whose far ends the test is, with their Ethernet addresses. */
  readonly devices: Readonly<Record<string, string>>;
  /** What makes it, beside what is said to both. */
  readonly kernelSetup?: readonly string[];
  readonly simSetup?: (ns: Netns) => void;
  readonly setup: readonly string[];
  /** Without them marks tell that all before has been worked off (reflector.ts). */
  readonly probers?: Readonly<Record<string, Prober>>;
}

/** A host of either world. */
export interface Host {
  /** Sends frames into a device and gives what comes out of any because of them. */
  exchange(device: string, frames: readonly Uint8Array[]): Promise<Out[]>;
  run(line: string, input?: string): Promise<Answer>;
  close(): Promise<void>;
}

const MARK = 0x70726f6265000000n;

/** An echo request that tells its answer from others by `tag`. */
export function probe({ mac: from, address, nodeMac, nodeAddress }: Prober, tag: number): Uint8Array {
  const frame = new Uint8Array(14 + 20 + 8 + 8);
  const view = new DataView(frame.buffer);
  writeEthernet(frame, 0, mac(nodeMac), mac(from), 0x0800);
  writeIpv4Header(frame, 14, {
    source: ipv4(address),
    destination: ipv4(nodeAddress),
    protocol: 1,
    totalLength: 36,
    tos: 0,
    ttl: 64,
    id: 0,
    fragment: 0,
  });
  frame[34] = 8;
  view.setBigUint64(42, MARK + BigInt(tag));
  view.setUint16(36, internetChecksum(frame, 34, frame.length));
  return frame;
}

/** Undefined for what is no answer to a probe. */
export function probeTag(frame: Uint8Array): number | undefined {
  if (frame.length !== 50 || frame[23] !== 1 || frame[34] !== 0) return undefined;
  const mark = new DataView(frame.buffer, frame.byteOffset).getBigUint64(42);
  return mark >> 24n === MARK >> 24n ? Number(mark & 0xffffffn) : undefined;
}
