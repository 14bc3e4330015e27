import { isAlreadyExists, isConflict, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { Node, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Container } from './container.ts';
import { type PodHost, PodWorker } from './pod-worker.ts';
import { isMirrorOf, isMirrorPod, mirrorPodOf } from './static/mirror-pod.ts';
import type { StaticPods } from './static/static-pods.ts';

/** Pods that are looked after at the same time. */
const PODS_AT_ONCE = 10;

export interface KubeletOptions {
  readonly context: ControllerContext;
  readonly host: PodHost;
  /** Pods wait for the node's network. */
  readonly networkReady: () => boolean;
  readonly staticPods?: StaticPods | undefined;
}

/** Runs the pods that are bound to its node, and its static pods, and tells the API server how they are. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #workers = new Map<string, PodWorker>();
  /** Those of the node's own manifests. */
  readonly #static = new WeakSet<PodWorker>();
  readonly #pods;
  readonly #nodes;
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
    this.#nodes = context.informers.for(resources.nodes);
    // Mirror pods belong to their node and wait for it.
    this.#nodes.addHandler({
      onAdd: ({ metadata }) => {
        if (metadata.name === host.nodeName) this.resync();
      },
    });
    if (options.staticPods) options.staticPods.onChange = (key) => this.#queue.add(key);
  }

  /** Looks at every pod again, because something they wait for has come. */
  resync(): void {
    for (const pod of this.#pods.store.values()) this.#queue.add(objectKey(pod));
    for (const key of this.#options.staticPods?.keys() ?? []) this.#queue.add(key);
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

  async #sync(key: string): Promise<Requeue | undefined> {
    const pod = this.#pods.store.get(key);
    const fromFile = this.#options.staticPods?.get(key);
    if (fromFile || (pod && isMirrorPod(pod))) return this.#syncStatic(key, fromFile, pod);
    const worker = this.#workers.get(key);
    if (worker && worker.uid !== pod?.metadata.uid) return this.#remove(key, worker);
    if (!pod) return undefined;
    if (isBeingDeleted(pod)) return this.#terminate(key, pod);
    if (hasEnded(pod)) return this.#letGo(pod, worker);
    if (!this.#mayStart(pod)) return undefined;
    const running = worker ?? this.#start(key, pod);
    const wait = await running.sync(pod);
    await this.#writeStatus(pod, running);
    return requeue(wait);
  }

  /** First the pod itself, which needs no API server, then what that shows of it. */
  async #syncStatic(key: string, pod: Pod | undefined, shown: Pod | undefined): Promise<Requeue | undefined> {
    let worker = this.#workers.get(key);
    let wait: number | undefined;
    if (worker && worker.uid !== pod?.metadata.uid) {
      this.#remove(key, worker);
      worker = undefined;
    } else if (pod && this.#mayStart(pod)) {
      worker ??= this.#start(key, pod);
      this.#static.add(worker);
      wait = await worker.sync(pod);
    }
    if (shown && isMirrorPod(shown)) {
      if (!pod || !isMirrorOf(shown, pod) || isBeingDeleted(shown)) await this.#delete(shown);
      else if (worker) await this.#writeStatus(shown, worker);
    } else if (pod && !shown) await this.#createMirror(pod);
    return requeue(wait);
  }

  #mayStart({ spec }: Pod): boolean {
    return this.#options.networkReady() || spec?.hostNetwork === true;
  }

  /** Shows a static pod in the API; without its node there it waits for that. */
  async #createMirror(pod: Pod): Promise<void> {
    const node: Node | undefined = this.#nodes.store.get(this.#options.host.nodeName);
    if (!node) return;
    const { namespace } = pod.metadata;
    await this.#options.context.client
      .create(resources.pods, mirrorPodOf(pod, node), { namespace })
      .catch((error) => {
        if (!isAlreadyExists(error)) throw error;
      });
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

  /**
   * A pod that is no longer in the API has nobody to report to and ends at once; a static pod has its grace before
   * the next of its name begins.
   */
  #remove(key: string, worker: PodWorker): undefined {
    const isStatic = this.#static.has(worker);
    worker.terminate(isStatic ? worker.graceMs : 0);
    if (isStatic && !worker.ended) return;
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
    return this.#delete(pod);
  }

  async #delete({ metadata: { name = '', namespace, uid } }: Pod): Promise<undefined> {
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

interface Requeue {
  readonly requeueAfterMs: number;
}

function requeue(wait: number | undefined): Requeue | undefined {
  return wait === undefined ? undefined : { requeueAfterMs: wait };
}

function isBeingDeleted({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
