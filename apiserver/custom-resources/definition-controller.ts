import type { CustomResourceDefinition } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Timer } from '../../platform/clock.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { StatusError } from '../errors.ts';
import { deleteObject } from '../registry/delete-object.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import { timestamp } from '../registry/timestamp.ts';
import type { ServerContext } from '../server-context.ts';
import { statusOf } from './accepted-names.ts';
import { withCondition } from './definition-conditions.ts';
import { CLEANUP_FINALIZER } from './definition-strategy.ts';
import { type NameSpace, TakenNames } from './taken-names.ts';

const RETRY_MS = 1000;
const SYSTEM = { name: 'system:apiserver', groups: ['system:masters'] } as const;

/**
 * Keeps definitions' statuses right and empties those that are being deleted, one at a time and from what the
 * caches show, so that it may begin at any moment and run in several servers at once: every write names the
 * revision that it was decided from.
 */
export class DefinitionController {
  readonly #context: ServerContext;
  readonly #store: ResourceStore;
  readonly #names = new TakenNames();
  readonly #waiting = new Set<string>();
  readonly #stop: () => void;
  #retry: Timer | undefined;
  #isBusy = false;
  #isClosed = false;

  constructor(context: ServerContext) {
    this.#context = context;
    this.#store = context.registry.of(resources.customresourcedefinitions);
    this.#stop = context.registry.onDefinition((name) => this.#observe(name));
    for (const { name } of this.#store.cache.list(undefined)) this.#observe(name);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    this.#waiting.clear();
    if (this.#retry) this.#context.clock.clearTimeout(this.#retry);
  }

  #observe(name: string): void {
    this.#names.update(name, this.#definition(name));
    this.#add(name);
  }

  #definition(name: string): CustomResourceDefinition | undefined {
    return this.#store.cache.get('', name)?.object as unknown as CustomResourceDefinition | undefined;
  }

  #add(name: string): void {
    if (this.#isClosed) return;
    this.#waiting.add(name);
    if (this.#isBusy) return;
    this.#isBusy = true;
    queueMicrotask(() => void this.#work());
  }

  async #work(): Promise<void> {
    for (const name of this.#waiting) {
      this.#waiting.delete(name);
      try {
        await this.#reconcile(name);
      } catch (error) {
        if (this.#isClosed) break;
        this.#context.logger.warn({ definition: name, error: String(error) }, 'a definition has to wait');
        this.#tryAgain(name);
      }
    }
    this.#isBusy = false;
  }

  #tryAgain(name: string): void {
    this.#retry = this.#context.clock.setTimeout(() => this.#add(name), RETRY_MS);
  }

  async #reconcile(name: string): Promise<void> {
    const stored = this.#store.cache.get('', name);
    // Names that are free again may be what another was waiting for.
    if (!stored) return this.#addWaiting(name.slice(name.indexOf('.') + 1), name);
    const crd = stored.object as unknown as CustomResourceDefinition;
    if (crd.metadata.deletionTimestamp !== undefined) return this.#empty(stored, crd);
    const group = crd.spec?.group ?? '';
    const isTaken = (space: NameSpace, each: string): boolean =>
      this.#names.isTaken(group, space, each, name);
    const status = statusOf(crd, isTaken, timestamp(this.#context.clock));
    if (!status) return;
    await this.#store.replace(stored, { ...stored.object, status });
    this.#addWaiting(group, name);
  }

  #addWaiting(group: string, except: string): void {
    for (const name of this.#names.waitingIn(group)) if (name !== except) this.#add(name);
  }

  async #empty(stored: StoredObject, crd: CustomResourceDefinition): Promise<void> {
    const { finalizers = [] } = crd.metadata;
    if (!finalizers.includes(CLEANUP_FINALIZER)) return;
    const { registry } = this.#context;
    // What another server stored before it saw the deletion goes too.
    await registry.catchUp();
    const instances = registry.storeOfDefinition(stored.name);
    const left = instances ? await this.#deleteAll(instances) : 0;
    // Whoever has finalizers of its own goes later, and its going is told.
    if (left > 0) return;
    const current = this.#store.cache.get('', stored.name);
    if (current) await this.#letGo(current);
  }

  async #letGo(stored: StoredObject): Promise<void> {
    const object = stored.copy();
    const crd = object as unknown as CustomResourceDefinition;
    const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== CLEANUP_FINALIZER);
    const condition = {
      type: 'Terminating',
      status: 'False',
      reason: 'InstanceDeletionCompleted',
      message: 'removed all instances',
    };
    crd.status = { ...crd.status, conditions: withCondition(crd, condition, timestamp(this.#context.clock)) };
    const metadata: KubeObject['metadata'] = { ...object.metadata, finalizers };
    if (finalizers.length === 0) await this.#store.delete(stored);
    else await this.#store.replace(stored, { ...object, metadata });
  }

  /** How many are still there afterwards. */
  async #deleteAll(store: ResourceStore): Promise<number> {
    const write = { user: SYSTEM, dryRun: false, warnings: [], manager: '' };
    for (const { namespace, name, object } of store.cache.list(undefined)) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      await deleteObject(this.#context, store, namespace, name, {}, write).catch(ignoreGone);
    }
    return store.cache.size;
  }
}

/** Another server, or its owner, was faster. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof StatusError && error.code === 404)) throw error;
}
