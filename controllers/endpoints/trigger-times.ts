import { objectKey } from '../../client/informer.ts';
import type { Pod, Service } from '../../openapi/generated/types.ts';
import { podCondition } from '../runtime/pod-state.ts';

interface Known {
  readonly service: string;
  readonly pods: ReadonlyMap<string, string>;
}

/**
 * When what a Service's slices show was changed: the earliest of the changes since it was asked before, so that
 * kube-proxy can tell how long they took (k8s staging/src/k8s.io/endpointslice/trigger_time_tracker.go).
 */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** Undefined if nothing tells a time that was not told before: a pod that is gone does not. */
  next(service: Service, pods: readonly Pod[]): string | undefined {
    const key = objectKey(service);
    const before = this.#known.get(key);
    const now: Known = {
      service: service.metadata.creationTimestamp ?? '',
      pods: new Map(
        pods.map((pod) => [objectKey(pod), podCondition(pod, 'Ready')?.lastTransitionTime ?? '']),
      ),
    };
    this.#known.set(key, now);
    const changed = [...now.pods].flatMap(([pod, time]) =>
      time > (before?.pods.get(pod) ?? '') ? [time] : [],
    );
    if (now.service > (before?.service ?? '')) changed.push(now.service);
    return changed.sort()[0];
  }

  forget(service: string): void {
    this.#known.delete(service);
  }
}
