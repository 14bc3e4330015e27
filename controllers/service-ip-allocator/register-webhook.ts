import { isNotFound } from '../../client/api-error.ts';
import type { RestClient } from '../../client/rest-client.ts';
import type { MutatingWebhookConfiguration } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';

/** Where the API server reaches a webhook. */
export interface WebhookAddress {
  readonly url: string;
  /** Base64 of the PEM of the authority that signed the webhook's certificate. */
  readonly caBundle?: string | undefined;
}

const NAME = 'service-ip-allocator.podwire.dev';

/** Asks the API server to send creates and updates of Services here first; going without is allowed. */
export async function registerWebhook(client: RestClient, address: WebhookAddress): Promise<void> {
  const wanted = configuration(address);
  try {
    const { metadata } = await client.get(resources.mutatingwebhookconfigurations, NAME);
    const { resourceVersion } = metadata;
    await client.update(resources.mutatingwebhookconfigurations, {
      ...wanted,
      metadata: { ...wanted.metadata, resourceVersion },
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(resources.mutatingwebhookconfigurations, wanted);
  }
}

function configuration({ url, caBundle }: WebhookAddress): MutatingWebhookConfiguration {
  return {
    metadata: { name: NAME },
    webhooks: [
      {
        name: NAME,
        clientConfig: { url, caBundle },
        rules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['services'],
            scope: 'Namespaced',
          },
        ],
        // Without the allocator a Service is stored without an address and gets it from the repair loop.
        failurePolicy: 'Ignore',
        sideEffects: 'NoneOnDryRun',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 5,
      },
    ],
  };
}
