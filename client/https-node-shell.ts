import { Agent, request } from 'node:https';
import type { Node } from '../openapi/generated/types.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { nodeApiAddress } from './node-address.ts';
import type { CommandResult, NodeShell } from './node-shell.ts';

const TIMEOUT_MS = 30_000;

/** A node's shell over its API, as the holder of a kubeconfig's client certificate. */
export class HttpsNodeShell implements NodeShell {
  readonly #node: Node;
  readonly #agent: Agent;

  constructor(node: Node, { ca, cert, key }: ClusterAccess) {
    this.#node = node;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 4,
      // The certificate is for the node's name; the address is the machine's loopback.
      servername: node.metadata.name ?? '',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  }

  run(argv: readonly string[], stdin = ''): Promise<CommandResult> {
    const address = nodeApiAddress(this.#node);
    const name = this.#node.metadata.name;
    if (!address) return Promise.reject(new Error(`node ${name} has not said where its API is`));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { ...address, method: 'POST', path: '/run', agent: this.#agent, timeout: TIMEOUT_MS },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if (response.statusCode === 200) resolve(JSON.parse(text) as CommandResult);
            else reject(new Error(`node ${name} answered ${response.statusCode}: ${text.trim()}`));
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`node ${name} does not answer`)));
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify({ argv, stdin }));
    });
  }
}
