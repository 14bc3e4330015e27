import type { Node, Pod } from '../../../openapi/generated/types.ts';
import { CONFIG_HASH, CONFIG_MIRROR } from './config-annotations.ts';

/** What the API shows of a static pod (k8s pkg/kubelet/pod/mirror_client.go). It goes with its node. */
export function mirrorPodOf({ metadata, spec }: Pod, node: Node): Pod {
  const { uid, annotations = {}, ...rest } = metadata;
  return {
    metadata: {
      ...rest,
      annotations: { ...annotations, [CONFIG_MIRROR]: annotations[CONFIG_HASH] ?? '' },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Node',
          name: node.metadata.name ?? '',
          uid: node.metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    ...(spec ? { spec } : {}),
  };
}

export function isMirrorPod({ metadata }: Pod): boolean {
  return metadata.annotations?.[CONFIG_MIRROR] !== undefined;
}

/** Whether a mirror pod shows this very version of a static pod. */
export function isMirrorOf(mirror: Pod, { metadata }: Pod): boolean {
  return mirror.metadata.annotations?.[CONFIG_MIRROR] === metadata.annotations?.[CONFIG_HASH];
}
