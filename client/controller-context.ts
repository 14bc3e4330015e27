import type { Registry } from 'prom-client';
import type { ApiTransport } from '../platform/api-transport.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import { InformerFactory } from './informer-factory.ts';
import { RestClient } from './rest-client.ts';

/** Everything a controller may touch. */
export interface ControllerContext {
  readonly client: RestClient;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Aborts when the controller must stop. */
  readonly signal: AbortSignal;
}

/** Starts a controller; resolves when its informers have synced and its queue runs. It stops with the signal. */
export type StartController = (context: ControllerContext) => Promise<void>;

export interface ControllerContextOptions {
  /** The user agent, and the name in log lines. */
  readonly name: string;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly signal: AbortSignal;
}

export function createControllerContext(options: ControllerContextOptions): ControllerContext {
  const { clock, rng, metrics, signal } = options;
  const client = new RestClient(options.transport, `podwire-${options.name}`);
  const logger = options.logger.child({ controller: options.name });
  const informers = new InformerFactory({ client, clock, rng, logger });
  return { client, informers, clock, rng, logger, metrics, signal };
}
