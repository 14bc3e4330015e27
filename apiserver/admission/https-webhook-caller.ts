import { Agent, request as httpsRequest } from 'node:https';
import type { WebhookClientConfig } from '../../openapi/generated/types.ts';
import type { AdmissionReviewAnswer, AdmissionReviewRequest, WebhookCaller } from './webhook-caller.ts';

const MAX_ANSWER_BYTES = 3 * 1024 * 1024;
/** Connections kept, by URL and authority; the oldest is closed when another one comes. */
const MAX_AGENTS = 64;

/** Sends reviews over HTTPS, on connections that stay open. Webhooks behind Services are not reachable. */
export function httpsWebhookCaller(): WebhookCaller {
  const agents = new Map<string, Agent>();
  return (clientConfig, review, timeoutMs) => {
    const { url, caBundle } = clientConfig;
    if (!url) return Promise.reject(new Error('only webhooks with a URL can be called'));
    return post(url, agentFor(agents, url, caBundle), review, timeoutMs);
  };
}

function agentFor(agents: Map<string, Agent>, url: string, caBundle: WebhookClientConfig['caBundle']): Agent {
  const key = `${new URL(url).origin} ${caBundle ?? ''}`;
  let agent = agents.get(key);
  if (!agent) {
    agent = new Agent({
      keepAlive: true,
      maxSockets: 16,
      ...(caBundle ? { ca: Buffer.from(caBundle, 'base64') } : {}),
    });
    agents.set(key, agent);
    const [oldest] = agents.keys();
    if (agents.size > MAX_AGENTS && oldest !== undefined) {
      agents.get(oldest)?.destroy();
      agents.delete(oldest);
    }
  }
  return agent;
}

function post(
  url: string,
  agent: Agent,
  review: AdmissionReviewRequest,
  timeoutMs: number,
): Promise<AdmissionReviewAnswer> {
  const body = Buffer.from(JSON.stringify(review));
  const target = new URL(url);
  target.searchParams.set('timeout', `${timeoutMs / 1000}s`);
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const signal = AbortSignal.timeout(timeoutMs);
    const request = httpsRequest(target, { method: 'POST', agent, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) request.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          if (response.statusCode !== 200) throw new Error(`HTTP status ${response.statusCode}`);
          resolve(JSON.parse(Buffer.concat(chunks).toString()) as AdmissionReviewAnswer);
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on('error', (error) => reject(signal.aborted ? new Error('context deadline exceeded') : error));
    request.end(body);
  });
}
