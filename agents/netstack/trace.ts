import type { DropReason } from './drop-reason.ts';
import type { Packet } from './packet.ts';

/** What decided about a packet at one step; addresses are numbers, printed only by who shows them. */
export type TraceEvent =
  | { readonly kind: 'receive' | 'transmit'; readonly ns: string; readonly link: string }
  | {
      readonly kind: 'hook';
      readonly ns: string;
      readonly hook: string;
      readonly verdict: 'accept' | 'drop' | 'stolen';
      readonly by: string;
    }
  | {
      readonly kind: 'rule';
      readonly ns: string;
      readonly table: string;
      readonly chain: string;
      readonly rule: number;
      readonly text: string;
    }
  | {
      readonly kind: 'policy';
      readonly ns: string;
      readonly table: string;
      readonly chain: string;
      readonly policy: string;
    }
  | {
      readonly kind: 'nat';
      readonly ns: string;
      readonly manip: 'src' | 'dst';
      readonly address: number | bigint;
      readonly port: number;
    }
  | {
      readonly kind: 'route';
      readonly ns: string;
      readonly result: string;
      readonly link: string | undefined;
      readonly nextHop: number | bigint;
    }
  | {
      readonly kind: 'neighbour';
      readonly ns: string;
      readonly link: string;
      readonly address: number | bigint;
      readonly state: string;
    }
  | {
      readonly kind: 'bridge';
      readonly ns: string;
      readonly bridge: string;
      readonly decision: 'local' | 'forward' | 'flood';
      readonly port: string | undefined;
    }
  | {
      readonly kind: 'socket';
      readonly ns: string;
      readonly protocol: 'tcp' | 'udp' | 'icmp';
      readonly detail: string;
    }
  | { readonly kind: 'drop'; readonly ns: string; readonly reason: DropReason };

/** Called at every decision about a packet that carries it; the packet is only to be read. */
export type TraceSink = (event: TraceEvent, packet: Packet) => void;
