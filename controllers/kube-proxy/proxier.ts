import type { NodeShell } from '../../client/node-shell.ts';
import type { ProxiedPort } from './service-port.ts';

/**
 * Programs one node's kernel so that Services work there. One implementation a proxy mode; it remembers what
 * it has written and sends differences.
 */
export interface Proxier {
  /** Makes the node's rules those of `ports`; rejects, and sends everything next time, if the node refuses. */
  sync(ports: readonly ProxiedPort[]): Promise<void>;
  /** The node has lost its rules. */
  forget(): void;
}

export interface ProxierOptions {
  readonly nodeName: string;
  readonly shell: NodeShell;
}

/** A proxy mode: makes the proxier of one node. */
export type NewProxier = (options: ProxierOptions) => Proxier;
