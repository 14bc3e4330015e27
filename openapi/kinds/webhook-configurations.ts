import type { Faults } from '../faults.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { subdomainFault } from './names.ts';
import { oneOf } from './pod-validation.ts';

const MAX_TIMEOUT_SECONDS = 30;

export const mutatingWebhookRules: KindRules<MutatingWebhookConfiguration> = {
  defaults({ webhooks }) {
    for (const webhook of webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: ({ webhooks }, faults) => validateWebhooks(webhooks ?? [], faults),
};

export const validatingWebhookRules: KindRules<ValidatingWebhookConfiguration> = {
  defaults({ webhooks }) {
    for (const webhook of webhooks ?? []) defaultWebhook(webhook);
  },
  validate: ({ webhooks }, faults) => validateWebhooks(webhooks ?? [], faults),
};

function defaultWebhook(webhook: MutatingWebhook | ValidatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
}

function validateWebhooks(webhooks: readonly (MutatingWebhook | ValidatingWebhook)[], faults: Faults): void {
  const names = new Set<string>();
  for (const [index, webhook] of webhooks.entries()) {
    const at = `webhooks[${index}]`;
    const { name = '', clientConfig = {}, timeoutSeconds = 0 } = webhook;
    const fault = subdomainFault(name);
    if (fault !== undefined) faults.invalid(`${at}.name`, name, fault);
    else if (name.split('.').length < 3) {
      faults.invalid(`${at}.name`, name, 'should be a domain with at least three segments separated by dots');
    }
    if (names.has(name)) faults.duplicate(`${at}.name`, name);
    names.add(name);
    if ((clientConfig.url === undefined) === (clientConfig.service === undefined)) {
      faults.required(`${at}.clientConfig`, 'exactly one of url or service is required');
    } else if (clientConfig.url !== undefined)
      validateUrl(clientConfig.url, `${at}.clientConfig.url`, faults);
    oneOf(webhook.failurePolicy, ['Fail', 'Ignore'], `${at}.failurePolicy`, faults);
    oneOf(webhook.sideEffects, ['None', 'NoneOnDryRun'], `${at}.sideEffects`, faults);
    if (timeoutSeconds < 1 || timeoutSeconds > MAX_TIMEOUT_SECONDS) {
      faults.invalid(
        `${at}.timeoutSeconds`,
        timeoutSeconds,
        'the timeout value must be between 1 and 30 seconds',
      );
    }
    const versions = webhook.admissionReviewVersions ?? [];
    if (versions.length === 0) faults.required(`${at}.admissionReviewVersions`);
    else if (!versions.includes('v1')) {
      faults.invalid(`${at}.admissionReviewVersions`, versions, 'must include at least one of v1');
    }
    validateRules(webhook, at, faults);
  }
}

function validateUrl(text: string, at: string, faults: Faults): void {
  if (!URL.canParse(text)) return faults.invalid(at, text, 'url must be a valid URL');
  const url = new URL(text);
  if (url.protocol !== 'https:') faults.invalid(at, text, "'https' is the only allowed URL scheme");
  if (url.username !== '' || url.password !== '')
    faults.invalid(at, text, 'user information is not permitted in the URL');
}

function validateRules({ rules }: MutatingWebhook | ValidatingWebhook, at: string, faults: Faults): void {
  for (const [index, rule] of (rules ?? []).entries()) {
    const place = `${at}.rules[${index}]`;
    for (const field of ['apiGroups', 'apiVersions', 'operations', 'resources'] as const) {
      if (!rule[field]?.length) faults.required(`${place}.${field}`);
    }
    for (const [item, operation] of (rule.operations ?? []).entries()) {
      oneOf(
        operation,
        ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'],
        `${place}.operations[${item}]`,
        faults,
      );
    }
  }
}
