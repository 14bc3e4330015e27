import type { HostEndpoint } from '../../platform/host-network.ts';

export const ECHO_PORT = 7;
export const SINK_PORT = 9;

/** What far-process.ts says once it is ready, to who started it. */
export interface FarReady {
  readonly wire: HostEndpoint;
  readonly barePort: number;
}
