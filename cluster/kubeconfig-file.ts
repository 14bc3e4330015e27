import type { KeyPair } from '../platform/certificate-authority.ts';

/** A kubeconfig for one user of one cluster, with everything inside it; JSON, which every YAML reader takes. */
export function kubeconfigFile(options: {
  readonly server: string;
  readonly ca: string;
  readonly user: string;
  readonly credentials: KeyPair;
}): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const { server, ca, user, credentials } = options;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'podwire',
    clusters: [{ name: 'podwire', cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': base64(credentials.cert),
          'client-key-data': base64(credentials.key),
        },
      },
    ],
    contexts: [{ name: 'podwire', context: { cluster: 'podwire', user } }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
