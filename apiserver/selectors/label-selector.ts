import type { LabelSelector } from '../../openapi/generated/types.ts';
import { errors } from '../errors.ts';

type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels) => boolean;

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const EVERYTHING: LabelMatcher = () => true;

/** Label values a user chose must not meet Object's own properties. */
function has(labels: Labels, key: string): boolean {
  return Object.hasOwn(labels, key);
}

/**
 * Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1` (k8s apimachinery/pkg/labels/selector.go). Undefined
 * when it selects everything; a 400 when it does not parse.
 */
export function parseLabelSelector(text: string | null): LabelMatcher | undefined {
  if (text === null || text.trim() === '') return undefined;
  const matchers = splitRequirements(text).map(parseRequirement);
  return (labels) => matchers.every((matches) => matches(labels));
}

/** Commas inside parentheses belong to a set. */
function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, index).trim());
      from = index + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}

const SET = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const COMPARE = /^([^\s=!<>()]+)\s*(==|=|!=|<|>)\s*([^\s=!<>()]*)$/;

function parseRequirement(text: string): LabelMatcher {
  const set = SET.exec(text);
  if (set) {
    const [, key = '', operator = '', list = ''] = set;
    return requirement(
      key,
      operator === 'in' ? 'In' : 'NotIn',
      list.split(',').map((item) => item.trim()),
    );
  }
  const compare = COMPARE.exec(text);
  if (compare) {
    const [, key = '', operator = '', value = ''] = compare;
    if (operator === '<' || operator === '>') return comparison(key, operator, value);
    return requirement(key, operator === '!=' ? 'NotIn' : 'In', [value]);
  }
  const absent = text.startsWith('!');
  return requirement(absent ? text.slice(1).trim() : text, absent ? 'DoesNotExist' : 'Exists', []);
}

function comparison(key: string, operator: string, value: string): LabelMatcher {
  checkKey(key);
  const bound = Number(value);
  if (value === '' || !Number.isInteger(bound)) {
    throw errors.badRequest(
      `unable to parse requirement: values[0][${key}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  }
  return (labels) => {
    if (!has(labels, key)) return false;
    const number = Number(labels[key]);
    return operator === '>' ? number > bound : number < bound;
  };
}

function checkKey(key: string): void {
  if (key.length <= 317 && KEY.test(key)) return;
  throw errors.badRequest(
    `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key.slice(0, 256))}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  );
}

function requirement(key: string, operator: string, values: readonly string[]): LabelMatcher {
  checkKey(key);
  for (const value of values) {
    if (value.length > 63 || !VALUE.test(value)) {
      throw errors.badRequest(
        `unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value.slice(0, 256))}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      );
    }
  }
  return matcherOf(key, operator, values);
}

function matcherOf(key: string, operator: string, values: readonly string[]): LabelMatcher {
  switch (operator) {
    case 'In':
      return (labels) => has(labels, key) && values.includes(labels[key]!);
    case 'NotIn':
      return (labels) => !has(labels, key) || !values.includes(labels[key]!);
    case 'Exists':
      return (labels) => has(labels, key);
    case 'DoesNotExist':
      return (labels) => !has(labels, key);
    default:
      return () => false;
  }
}

/** A LabelSelector of the API: absent selects nothing, empty selects everything. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  const matchers = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => matcherOf(key, 'In', [value])),
    ...(selector.matchExpressions ?? []).map(({ key = '', operator = '', values = [] }) =>
      matcherOf(key, operator, values),
    ),
  ];
  return (matchers.length === 0 ? [EVERYTHING] : matchers).every((matches) => matches(labels));
}
