import type { Netns } from '../netstack/netns.ts';

/** What a plugin is called with: the CNI specification's parameters (CNI 1.1 §2). */
export interface CniArguments {
  readonly containerId: string;
  /** The sandbox that gets the interface. */
  readonly netns: Netns;
  readonly ifName: string;
  /** The capability `portMappings`: ports of the node that are the container's. */
  readonly portMappings?: readonly PortMapping[];
}

/** One port of the node that leads to a container (CNI conventions, "portMappings"). */
export interface PortMapping {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly hostPort: number;
  readonly containerPort: number;
  /** Empty: any address of the node. */
  readonly hostIp: string;
}

/** An ADD's result (CNI 1.1 §5). */
export interface CniResult {
  readonly cniVersion: string;
  readonly interfaces: readonly {
    readonly name: string;
    readonly mac: string;
    readonly mtu: number;
    readonly sandbox?: string;
  }[];
  readonly ips: readonly { readonly address: string; readonly gateway: string; readonly interface: number }[];
  readonly routes: readonly { readonly dst: string; readonly gw?: string }[];
}

/** A network plugin. DEL is idempotent and tolerates what ADD never did. */
export interface CniPlugin {
  add(args: CniArguments): CniResult;
  del(args: CniArguments): void;
}

/** A failure with the specification's error code (CNI 1.1 §5): 7 configuration, 11 try later, ≥ 100 the plugin's. */
export class CniError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'CniError';
    this.code = code;
  }
}

export const CNI_VERSION = '1.1.0';
export const TRY_AGAIN_LATER = 11;
/** The plugins' own: ADD for a container that was added and not deleted since. */
export const DUPLICATE_ADD = 100;
