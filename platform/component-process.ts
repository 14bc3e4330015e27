import { setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { Registry } from 'prom-client';
import type { Logger } from './logger.ts';

/** What a component's process gives to the component. */
export interface ComponentEnvironment {
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
}

/** Sent to the parent process once, when the component serves. */
export interface ReadyMessage {
  readonly kind: 'ready';
  /** Where /healthz and /metrics are. */
  readonly health: string;
  /** What the component wants to be known, such as the port it listens on. */
  readonly info: Readonly<Record<string, string | number>>;
}

/** May be returned by a component: what the parent is told, and what is done before the process ends. */
export interface RunningComponent {
  readonly info?: Readonly<Record<string, string | number>>;
  readonly stop?: () => Promise<void>;
}

/**
 * The life of a component's process: log lines of JSON on stdout, health and metrics on a loopback port, a
 * word to the parent when it serves, an orderly end at SIGTERM, SIGINT, or when the parent is gone.
 */
export async function runComponent(
  name: string,
  start: (environment: ComponentEnvironment) => Promise<RunningComponent>,
): Promise<void> {
  const logger: Logger = pino({ base: { component: name }, level: process.env.LOG_LEVEL ?? 'info' });
  const metrics = new Registry();
  const stopping = new AbortController();
  // Every queue and informer listens.
  setMaxListeners(0, stopping.signal);
  let running: RunningComponent = {};
  const end = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    await running.stop?.().catch((error) => logger.error({ error: String(error) }, 'an orderly end failed'));
    process.exit(0);
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, () => void end());
  process.on('uncaughtException', (error) => fail(logger, error));
  process.on('unhandledRejection', (error) => fail(logger, error));
  const health = await serveHealth(metrics);
  try {
    running = await start({ logger, metrics, signal: stopping.signal });
  } catch (error) {
    fail(logger, error);
  }
  const message: ReadyMessage = { kind: 'ready', health, info: running.info ?? {} };
  process.send?.(message);
  logger.info({ health }, 'ready');
}

/** A fault that nobody foresaw: say what it was and let the supervisor start afresh. */
function fail(logger: Logger, error: unknown): never {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  logger.error({ error: message, stack }, 'the process ends because of an error');
  process.exit(1);
}

function serveHealth(metrics: Registry): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/healthz' || request.url === '/readyz') response.end('ok');
    else if (request.url === '/metrics') {
      response.setHeader('content-type', metrics.contentType);
      void metrics.metrics().then((text) => response.end(text));
    } else response.writeHead(404).end();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
    server.unref();
  });
}
