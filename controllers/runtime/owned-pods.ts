import { isAlreadyExists, isConflict, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer.ts';
import type { LabelSelector, ObjectMeta, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { created, deleted, Expectations } from './expectations.ts';
import { selectorMatches } from './label-selector.ts';
import { controllerOf, controllerReference, controllerUid } from './owner.ts';

/** A workload: something that controls pods by a selector. */
export interface PodOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly selector?: LabelSelector | undefined } | undefined;
}

export interface OwnedPodsOptions {
  readonly context: ControllerContext;
  readonly events: EventRecorder;
  readonly kind: string;
  /** All owners in a namespace, to find who else waits for an orphan. */
  readonly ownersIn: (namespace: string) => readonly PodOwner[];
  /** An owner's pods changed. */
  readonly enqueue: (key: string) => void;
}

/**
 * The pods of one kind of workload: finds them, adopts orphans, creates and deletes, and knows which of its
 * own doings the informer has not shown yet. (k8s pkg/controller/controller_ref_manager.go)
 */
export class OwnedPods {
  readonly #options: OwnedPodsOptions;
  readonly #pods: Informer<typeof resources.pods>;
  readonly #expectations: Expectations;

  constructor(options: OwnedPodsOptions) {
    this.#options = options;
    this.#expectations = new Expectations(options.context.clock);
    this.#pods = options.context.informers.for(resources.pods);
    this.#pods.store.addIndex('controller', controllerUid);
    this.#pods.store.addIndex('orphans', (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace ?? '']));
    this.#pods.addHandler({
      onAdd: (pod) => this.#observe(pod, created(pod.metadata.name ?? '')),
      onUpdate: (_, pod) => this.#observe(pod, deletionToken(pod)),
      onDelete: (pod) => this.#observe(pod, deleted(pod.metadata.uid ?? '')),
    });
  }

  /** Whether the informer shows all that was done for an owner. */
  settled(key: string): boolean {
    return this.#expectations.satisfied(key);
  }

  forget(key: string): void {
    this.#expectations.forget(key);
  }

  of(owner: PodOwner): readonly Pod[] {
    return this.#pods.store.byIndex('controller', owner.metadata.uid ?? '');
  }

  /** Makes matching pods without a controller the owner's. */
  async adopt(owner: PodOwner): Promise<void> {
    if (owner.metadata.deletionTimestamp !== undefined) return;
    const orphans = this.#pods.store.byIndex('orphans', owner.metadata.namespace ?? '');
    for (const pod of orphans) {
      if (pod.metadata.deletionTimestamp !== undefined || !matches(owner, pod)) continue;
      const { name = '', namespace, uid } = pod.metadata;
      const metadata = { uid, ownerReferences: [controllerReference(owner)] };
      await this.#options.context.client
        .patch(resources.pods, name, 'strategic', { metadata }, { namespace })
        .catch(ignore(isNotFound, isConflict));
    }
  }

  async create(key: string, owner: PodOwner, pod: Pod): Promise<void> {
    const { context, events } = this.#options;
    const { name = '', namespace } = pod.metadata;
    this.#expectations.expect(key, created(name));
    try {
      await context.client.create(resources.pods, pod, { namespace });
      events.normal(owner, 'SuccessfulCreate', `Created pod: ${name}`);
    } catch (error) {
      this.#expectations.observe(key, created(name));
      if (isAlreadyExists(error)) return;
      events.warning(owner, 'FailedCreate', `Error creating: ${String(error)}`);
      throw error;
    }
  }

  async remove(key: string, owner: PodOwner, pod: Pod): Promise<void> {
    const { context, events } = this.#options;
    const { name = '', namespace, uid = '' } = pod.metadata;
    this.#expectations.expect(key, deleted(uid));
    try {
      await context.client.delete(resources.pods, name, { namespace, preconditions: { uid } });
      events.normal(owner, 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      this.#expectations.observe(key, deleted(uid));
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  #observe(pod: Pod, token: string | undefined): void {
    const { kind, ownersIn, enqueue } = this.#options;
    const namespace = pod.metadata.namespace ?? '';
    const owner = controllerOf(pod);
    if (owner) {
      if (owner.kind !== kind) return;
      const key = `${namespace}/${owner.name}`;
      if (token !== undefined) this.#expectations.observe(key, token);
      enqueue(key);
    } else {
      for (const candidate of ownersIn(namespace)) {
        if (matches(candidate, pod)) enqueue(`${namespace}/${candidate.metadata.name}`);
      }
    }
  }
}

/** A pod that has begun to be deleted counts as deleted. */
function deletionToken(pod: Pod): string | undefined {
  return pod.metadata.deletionTimestamp === undefined ? undefined : deleted(pod.metadata.uid ?? '');
}

function matches(owner: PodOwner, pod: Pod): boolean {
  return owner.spec?.selector !== undefined && selectorMatches(owner.spec.selector, pod.metadata.labels);
}

function ignore(...predicates: readonly ((error: unknown) => boolean)[]) {
  return (error: unknown): void => {
    if (!predicates.some((predicate) => predicate(error))) throw error;
  };
}
