import type { ResourceDefinition } from '../../openapi/resources.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import type { KubeObject } from '../cache/stored-object.ts';

/** One write on its way in. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly definition: ResourceDefinition;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What will be stored; undefined for a delete. Mutating steps change it in place or put another here. */
  object: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Goes to the client as Warning headers. */
  readonly warnings: string[];
}

/** One step of the chain. Refuses by throwing a StatusError. */
export interface AdmissionStep {
  readonly name: string;
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

/** All mutations, in order, then all validations (k8s apiserver/pkg/admission/chain.go). */
export class AdmissionChain {
  readonly #mutating: readonly AdmissionStep[];
  readonly #validating: readonly AdmissionStep[];

  constructor(steps: readonly AdmissionStep[]) {
    this.#mutating = steps.filter(({ mutate }) => mutate);
    this.#validating = steps.filter(({ validate }) => validate);
  }

  /** Most steps have nothing to wait for: only those that do are waited for. */
  async mutate(request: AdmissionRequest): Promise<void> {
    for (const step of this.#mutating) {
      const done = step.mutate?.(request);
      if (done) await done;
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const step of this.#validating) {
      const done = step.validate?.(request);
      if (done) await done;
    }
  }
}
