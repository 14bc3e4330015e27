import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { AdmissionReview } from './admission-review.ts';
import type { WebhookAddress } from './register-webhook.ts';

const LARGEST_REVIEW = 8 * 1024 * 1024;

/** Serves reviews over TLS on a loopback port that the system chooses, until the signal aborts. */
export async function serveWebhook(
  review: (review: AdmissionReview) => Promise<object>,
  tls: { readonly cert: string; readonly key: string; readonly ca: string },
  signal: AbortSignal,
): Promise<WebhookAddress> {
  const server = createServer({ cert: tls.cert, key: tls.key }, (request, response) => {
    readReview(request)
      .then(review)
      .then((answer) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(answer));
      })
      .catch((error: unknown) => response.writeHead(400).end(`${String(error)}\n`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  signal.addEventListener('abort', () => server.closeAllConnections(), { once: true });
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}/mutate`, caBundle: Buffer.from(tls.ca).toString('base64') };
}

async function readReview(request: IncomingMessage): Promise<AdmissionReview> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_REVIEW) throw new Error('the review is too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as AdmissionReview;
}
