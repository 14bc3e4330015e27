import type { Event, ObjectMeta } from '../openapi/generated/types.ts';
import { resources } from '../openapi/resources.ts';
import type { ControllerContext } from './controller-context.ts';
import { timestamp } from './timestamp.ts';

interface Subject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

/** Events under way at once; more are dropped, because events only inform. */
const MOST_IN_FLIGHT = 64;

/** Writes the Events that `kubectl describe` shows. Losing one is never an error. */
export class EventRecorder {
  readonly #context: Pick<ControllerContext, 'client' | 'clock' | 'logger' | 'signal'>;
  readonly #component: string;
  readonly #host: string | undefined;
  #inFlight = 0;
  #sequence = 0;

  constructor(
    context: Pick<ControllerContext, 'client' | 'clock' | 'logger' | 'signal'>,
    component: string,
    host?: string,
  ) {
    this.#context = context;
    this.#component = component;
    this.#host = host;
  }

  normal(subject: Subject, reason: string, message: string): void {
    this.#record(subject, 'Normal', reason, message);
  }

  warning(subject: Subject, reason: string, message: string): void {
    this.#record(subject, 'Warning', reason, message);
  }

  #record(subject: Subject, type: string, reason: string, message: string): void {
    const { client, logger, signal } = this.#context;
    if (signal.aborted || this.#inFlight >= MOST_IN_FLIGHT) return;
    this.#inFlight++;
    const namespace = subject.metadata.namespace ?? 'default';
    client
      .create(resources.events, this.#event(subject, namespace, type, reason, message), { namespace })
      .catch((error) => logger.debug({ error: String(error), reason }, 'an event was not recorded'))
      .finally(() => this.#inFlight--);
  }

  #event(subject: Subject, namespace: string, type: string, reason: string, message: string): Event {
    const now = this.#context.clock.now();
    const { name = '', uid, resourceVersion } = subject.metadata;
    const at = timestamp(now);
    const unique = (now * 1000 + (this.#sequence++ % 1000)).toString(16);
    return {
      metadata: { name: `${name}.${unique}`, namespace },
      involvedObject: {
        apiVersion: subject.apiVersion,
        kind: subject.kind,
        name,
        namespace: subject.metadata.namespace,
        uid,
        resourceVersion,
      },
      type,
      reason,
      message,
      source: { component: this.#component, host: this.#host },
      reportingComponent: this.#component,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
  }
}
