import { Agent, request as httpsRequest } from 'node:https';
import type { KubeletAnswer, KubeletProxy } from './kubelet-proxy.ts';

export interface KubeletCredentials {
  /** PEM; what the API server shows to nodes' agents. */
  readonly cert: string;
  readonly key: string;
  /** PEM; left out: agents' serving certificates are not checked, as kube-apiserver does by default. */
  readonly ca?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Reaches nodes' agents over HTTPS with the API server's own client certificate. */
export function httpsKubeletProxy({ cert, key, ca }: KubeletCredentials): KubeletProxy {
  const agent = new Agent({
    cert,
    key,
    keepAlive: true,
    rejectUnauthorized: ca !== undefined,
    ...(ca ? { ca } : {}),
  });
  return ({ host, port }, path, signal) =>
    new Promise<KubeletAnswer>((resolve, reject) => {
      const options = { agent, host, port, path, method: 'GET', ...(signal ? { signal } : {}) };
      const request = httpsRequest(options, (response) => {
        // Only the way to the answer is timed: a followed log may be silent for long.
        request.setTimeout(0);
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        );
        resolve({ status: response.statusCode ?? 502, headers, body: response });
      });
      request.setTimeout(CONNECT_TIMEOUT_MS, () => request.destroy(new Error('the node does not answer')));
      request.on('error', reject);
      request.end();
    });
}
