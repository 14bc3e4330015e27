import type { NodeShell } from '../../client/node-shell.ts';
import type { ProxiedNodeFacts } from './programs.ts';
import type { ProxiedPort } from './service-port.ts';

/**
 * Programs one node's kernel so that Services work there. One implementation a proxy mode; it remembers what
 * it has written and sends differences.
 */
export interface Proxier {
  /** Makes the node's rules those of `ports`; rejects, and sends everything next time, if the node refuses. */
  sync(ports: readonly ProxiedPort[]): Promise<void>;
}

export interface ProxierOptions extends ProxiedNodeFacts {
  readonly shell: NodeShell;
}

/** Makes the proxier of one node. */
export type NewProxier = (options: ProxierOptions) => Proxier;
