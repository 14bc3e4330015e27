import type { NodeShell } from '../../client/node-shell.ts';
import type { ProxiedPort } from './service-port.ts';

/** What a node may differ from others in, for one family of addresses. */
export interface ProxiedNodeFacts {
  readonly nodeName: string;
  /** Empty if the node says none. */
  readonly nodeIp: string;
  readonly zone: string;
  /** The network of its pods; empty if it has none. */
  readonly podCidr: string;
}

export interface ProxierOptions extends ProxiedNodeFacts {
  readonly shell: NodeShell;
}

/** What a sync did. */
export interface SyncReport {
  /** Everything was written, whatever the node had. */
  readonly isFull: boolean;
  /** By table: the rules that there are, and those that were written. */
  readonly iptables?: Readonly<Record<string, { readonly total: number; readonly last: number }>>;
  /** What was to be taken away and could not be; it will be tried again. */
  readonly cleanupFailed?: boolean;
}

/**
 * Programs one node's kernel so that Services of one family work there. One implementation a proxy mode; it
 * remembers what it has written and sends differences.
 */
export interface Proxier {
  /** Whether the next sync writes everything. */
  readonly isFullSyncDue: boolean;
  /**
   * Makes the node's rules those of `ports`; rejects, and sends everything next time, if the node refuses.
   * Undefined: there was nothing to do.
   */
  sync(ports: readonly ProxiedPort[]): Promise<SyncReport | undefined>;
}

/** Makes the proxier of one node. */
export type NewProxier = (options: ProxierOptions) => Proxier;
