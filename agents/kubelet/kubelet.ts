import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Container } from './container.ts';
import { type PodHost, PodWorker } from './pod-worker.ts';

/** Pods that are looked after at the same time. */
const PODS_AT_ONCE = 10;

export interface KubeletOptions {
  readonly context: ControllerContext;
  readonly host: PodHost;
  /** Pods wait for the node's network. */
  readonly networkReady: () => boolean;
}

/** Runs the pods that are bound to its node and tells the API server how they are. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #pods;
  readonly #queue;
  readonly #events: EventRecorder;

  constructor(options: KubeletOptions) {
    this.#options = options;
    const { context, host } = options;
    const fieldSelector = `spec.nodeName=${host.nodeName}`;
    this.#pods = context.informers.for(resources.pods, { fieldSelector });
    this.#events = new EventRecorder(context, 'kubelet', host.nodeName);
    this.#queue = runQueue(context, 'kubelet', (key) => this.#sync(key), PODS_AT_ONCE);
    const enqueue = (pod: Pod): void => this.#queue.add(objectKey(pod));
    this.#pods.addHandler({
      onAdd: (pod) => {
        // All pods are seen before the first is started, so none gets an address that another still shows.
        const shown = (pod.status?.podIPs ?? []).map(({ ip }) => ip ?? '');
        if (shown.length > 0 && !hasEnded(pod)) host.cni.reserve(pod.metadata.uid ?? '', shown);
        enqueue(pod);
      },
      onUpdate: (_, pod) => enqueue(pod),
      onDelete: (pod) => {
        host.cni.unreserve(pod.metadata.uid ?? '');
        enqueue(pod);
      },
    });
  }

  /** Looks at every pod again, because something they wait for has come. */
  resync(): void {
    for (const pod of this.#pods.store.values()) this.#queue.add(objectKey(pod));
  }

  worker(key: string): PodWorker | undefined {
    return this.#workers.get(key);
  }

  workers(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  container(key: string, name: string | undefined): Container | undefined {
    return this.#workers.get(key)?.container(name);
  }

  /** The node goes down: its pods end without a word. */
  abandon(): void {
    for (const worker of this.#workers.values()) worker.abandon();
    this.#workers.clear();
  }

  async #sync(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const pod = this.#pods.store.get(key);
    const worker = this.#workers.get(key);
    if (worker && worker.uid !== pod?.metadata.uid) return this.#remove(key, worker);
    if (!pod) return undefined;
    if (pod.metadata.deletionTimestamp !== undefined) return this.#terminate(key, pod);
    if (hasEnded(pod)) return this.#letGo(pod, worker);
    if (!this.#options.networkReady() && !pod.spec?.hostNetwork) return undefined;
    const running = worker ?? this.#start(key, pod);
    const wait = await running.sync(pod);
    await this.#writeStatus(pod, running);
    return wait === undefined ? undefined : { requeueAfterMs: wait };
  }

  /** A pod that has ended keeps its logs, but not its address. */
  #letGo(pod: Pod, worker: PodWorker | undefined): undefined {
    this.#options.host.cni.unreserve(pod.metadata.uid ?? '');
    worker?.terminate((pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000);
    if (worker?.ended) worker.destroy();
  }

  #start(key: string, pod: Pod): PodWorker {
    const subject = { ...pod, apiVersion: 'v1', kind: 'Pod' };
    const worker = new PodWorker({
      host: this.#options.host,
      pod,
      onChange: () => this.#queue.add(key),
      onEvent: (type, reason, message) => this.#events[type](subject, reason, message),
    });
    this.#workers.set(key, worker);
    return worker;
  }

  /** A pod that is no longer in the API has nobody to report to. */
  #remove(key: string, worker: PodWorker): undefined {
    worker.terminate(0);
    worker.destroy();
    this.#workers.delete(key);
    this.#queue.add(key);
  }

  async #terminate(key: string, pod: Pod): Promise<undefined> {
    const worker = this.#workers.get(key);
    if (worker) {
      worker.terminate((pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000);
      await this.#writeStatus(pod, worker);
      if (!worker.ended) return undefined;
      worker.destroy();
      this.#workers.delete(key);
    }
    const { name = '', namespace, uid } = pod.metadata;
    await this.#options.context.client
      .delete(resources.pods, name, { namespace, gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
    return undefined;
  }

  /** Writes only what differs from what the API shows, so that it also mends what others wrote. */
  async #writeStatus(pod: Pod, worker: PodWorker): Promise<void> {
    const status = { ...pod.status, ...worker.status(pod) };
    if (canonical(status) === canonical(pod.status ?? {})) return;
    const { name = '', namespace, uid } = pod.metadata;
    await this.#options.context.client
      .patch(
        resources.pods,
        name,
        'merge',
        { metadata: { uid }, status },
        { namespace, subresource: 'status' },
      )
      .catch((error) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
    if (status.podIP !== undefined) this.#options.host.cni.unreserve(uid ?? '');
  }
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
