/** A pod with one container. */
export function pod(name: string, extra: { labels?: Record<string, string>; node?: string } = {}): object {
  return {
    metadata: { name, ...(extra.labels ? { labels: extra.labels } : {}) },
    spec: {
      containers: [{ name: 'main', image: 'pause' }],
      ...(extra.node ? { nodeName: extra.node } : {}),
    },
  };
}

export function configMap(
  name: string,
  data: Record<string, string> = {},
  labels?: Record<string, string>,
): object {
  return { metadata: { name, ...(labels ? { labels } : {}) }, data };
}

export function service(name: string, spec: object = {}): object {
  return { metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec } };
}

export function deployment(name: string, spec: object = {}): object {
  return {
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'nginx' }] },
      },
      ...spec,
    },
  };
}

export const PODS = '/api/v1/namespaces/default/pods';
export const SERVICES = '/api/v1/namespaces/default/services';
export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
