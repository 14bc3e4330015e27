import { createHash } from 'node:crypto';
import { canonical } from '../../../client/object-hash.ts';
import { decodeJson } from '../../../openapi/decode-json.ts';
import { Faults } from '../../../openapi/faults.ts';
import type { Pod } from '../../../openapi/generated/types.ts';
import { validateObjectMeta } from '../../../openapi/kinds/object-meta.ts';
import { podRules } from '../../../openapi/kinds/pod.ts';
import { resources } from '../../../openapi/resources.ts';
import { parseYaml } from '../../../platform/parse-yaml.ts';
import { CONFIG_HASH, CONFIG_SOURCE } from './config-annotations.ts';

/** Where a manifest was found. */
export interface ManifestPlace {
  readonly file: string;
  readonly nodeName: string;
}

/**
 * The pod of a manifest in YAML or JSON as a kubelet runs it (k8s pkg/kubelet/config/common.go): named after its
 * node too, bound to it, tolerating whatever would drive it away, and with a hash of itself for its uid. An Error
 * says what is wrong with it.
 */
export function readStaticPod(text: string, { file, nodeName }: ManifestPlace): Pod {
  const pod = decodedPod(text);
  pod.spec ??= {};
  pod.spec.nodeName = nodeName;
  pod.spec.tolerations = [...(pod.spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }];
  const uid = pod.metadata.uid || hashOf(pod, nodeName, file);
  pod.metadata = {
    ...pod.metadata,
    uid,
    name: pod.metadata.name && `${pod.metadata.name}-${nodeName}`,
    namespace: pod.metadata.namespace ?? 'default',
    annotations: { ...pod.metadata.annotations, [CONFIG_HASH]: uid, [CONFIG_SOURCE]: 'file' },
  };
  podRules.defaults?.(pod);
  check(pod);
  return pod;
}

function decodedPod(text: string): Pod {
  const value = parseYaml(text) as Pod | null | undefined;
  if (value?.apiVersion !== 'v1' || value.kind !== 'Pod') throw new Error('it is no Pod of v1');
  const { object } = decodeJson(resources.pods.message, value);
  return { ...object, metadata: { ...(object as unknown as Pod).metadata } } as Pod;
}

function check(pod: Pod): void {
  const faults = new Faults();
  validateObjectMeta(pod.metadata, 'dns-subdomain', true, faults);
  podRules.validate?.(pod, faults);
  if (faults.list.length > 0) {
    throw new Error(faults.list.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }
}

function hashOf(pod: Pod, nodeName: string, file: string): string {
  return createHash('md5').update(canonical(pod)).update(`host:${nodeName}file:${file}`).digest('hex');
}
