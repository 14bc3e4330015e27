import type { Faults } from '../faults.ts';
import type { NameFormat } from './kind-rules.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const PORT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const DATA_KEY = /^[-._a-zA-Z0-9]+$/;

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const DATA_KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

const tooLong = (maximum: number): string => `must be no more than ${maximum} bytes`;

/** What is wrong with an object's name; undefined when nothing is. */
export function nameFault(name: string, format: NameFormat): string | undefined {
  switch (format) {
    case 'dns-label':
      return name.length > 63 ? tooLong(63) : LABEL.test(name) ? undefined : LABEL_TEXT;
    case 'dns-1035-label':
      return name.length > 63 ? tooLong(63) : LABEL_1035.test(name) ? undefined : LABEL_1035_TEXT;
    case 'ip-address':
      return name.length > 45 ? tooLong(45) : undefined;
    case 'path-segment':
      return pathSegmentFault(name);
    case 'dns-subdomain':
      return subdomainFault(name);
  }
}

export function subdomainFault(name: string): string | undefined {
  return name.length > 253 ? tooLong(253) : SUBDOMAIN.test(name) ? undefined : SUBDOMAIN_TEXT;
}

function pathSegmentFault(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`;
  if (name.includes('/')) return "may not contain '/'";
  return name.includes('%') ? "may not contain '%'" : undefined;
}

/** A key such as `app.kubernetes.io/name`. */
export function qualifiedNameFault(key: string): string | undefined {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  if (slash !== -1) {
    const prefix = key.slice(0, slash);
    if (prefix === '') return 'prefix part must be non-empty';
    const fault = subdomainFault(prefix);
    if (fault !== undefined) return `prefix part ${fault}`;
  }
  if (name === '') return 'name part must be non-empty';
  if (name.length > 63) return `name part ${tooLong(63)}`;
  return QUALIFIED.test(name) ? undefined : QUALIFIED_TEXT;
}

export function labelValueFault(value: string): string | undefined {
  return value.length > 63 ? tooLong(63) : LABEL_VALUE.test(value) ? undefined : LABEL_VALUE_TEXT;
}

/** A port's name inside a pod (IANA service name, RFC 6335 §5.1). */
export function portNameFault(name: string): string | undefined {
  if (name.length > 15) return 'must be no more than 15 characters';
  if (!PORT_NAME.test(name)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';
  if (!/[a-z]/.test(name)) return 'must contain at least one letter (a-z)';
  return name.includes('--') ? 'must not contain consecutive hyphens' : undefined;
}

/** A key of a ConfigMap's or Secret's data. */
export function dataKeyFault(key: string): string | undefined {
  if (key.length > 253) return tooLong(253);
  if (key === '.' || key === '..' || key.startsWith('..')) return `may not be '${key.slice(0, 2)}'`;
  return DATA_KEY.test(key) ? undefined : DATA_KEY_TEXT;
}

export function labelsFaults(
  labels: Readonly<Record<string, string>> | undefined,
  at: string,
  faults: Faults,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const keyFault = qualifiedNameFault(key);
    if (keyFault !== undefined) faults.invalid(at, key, keyFault);
    const valueFault = labelValueFault(value);
    if (valueFault !== undefined) faults.invalid(at, value, valueFault);
  }
}

export function annotationsFaults(
  annotations: Readonly<Record<string, string>> | undefined,
  at: string,
  maximum: number,
  faults: Faults,
): void {
  let total = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    const fault = qualifiedNameFault(key.toLowerCase());
    if (fault !== undefined) faults.invalid(at, key, fault);
    total += key.length + Buffer.byteLength(value);
  }
  if (total > maximum) faults.tooLong(at, maximum);
}
