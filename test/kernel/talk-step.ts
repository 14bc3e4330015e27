import type { Port } from '../agents/netstack/flow/flow-world.ts';

/** One frame of a talk between a pod and a host outside. */
export interface TalkStep {
  readonly what: string;
  readonly port: Port;
  readonly frame: Uint8Array;
}

export type Side = 'client' | 'server';

export const CLIENT = { port: 'pod2', address: '10.244.1.2' } as const;
export const SERVER = { port: 'eth0', address: '172.18.0.100', transportPort: 8080 } as const;
