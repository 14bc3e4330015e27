import type { ObjectMeta, Pod, PodTemplateSpec } from '../../openapi/generated/types.ts';
import { controllerReference } from './owner.ts';

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** A pod as its controller's template describes it, controlled by that controller. */
export function podFromTemplate(owner: Owner, template: PodTemplateSpec, name: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      name,
      namespace: owner.metadata.namespace,
      labels,
      annotations,
      finalizers,
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  };
}
