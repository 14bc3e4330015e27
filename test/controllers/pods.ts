import type { Node, Pod } from '../../openapi/generated/types.ts';

/** A running, ready pod for tests. */
export function pod(
  name: string,
  overrides: {
    ip?: string;
    node?: string;
    ready?: boolean;
    labels?: Record<string, string>;
    owner?: string;
    deleting?: boolean;
  } = {},
): Pod {
  const { ip, node = 'node-1', ready = true, labels = {}, owner, deleting } = overrides;
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      labels,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(owner
        ? { ownerReferences: [{ kind: 'ReplicaSet', name: owner, uid: owner, controller: true }] }
        : {}),
      ...(deleting ? { deletionTimestamp: '2026-01-01T00:01:00Z' } : {}),
    },
    spec: {
      nodeName: node,
      containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
    },
    status: {
      phase: 'Running',
      ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    },
  };
}

export function node(name: string, overrides: Partial<Node> = {}): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name }, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {},
    status: {
      allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
    ...overrides,
  };
}
