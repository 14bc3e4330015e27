import { isJsonObject, own } from '../../openapi/decode-json.ts';

/** Finds values in an object; those that are not there are left out. */
export type JsonPath = (object: unknown) => readonly unknown[];

type Step = (value: unknown) => readonly unknown[];

/** Values beyond these are not looked for. */
const MAX_VALUES = 1000;

/**
 * Compiles the paths of printer columns, as k8s client-go util/jsonpath reads them: fields, indexes, ranges,
 * `[*]` and filters such as `[?(@.type=="Ready")]`. A path that is something else finds nothing.
 */
export function compileJsonPath(path: string): JsonPath {
  const steps = parseSteps(path);
  return (object) => {
    let values: readonly unknown[] = [object];
    for (const step of steps ?? [() => []]) values = values.flatMap(step).slice(0, MAX_VALUES);
    return values;
  };
}

const TOKEN =
  /\.((?:\\.|[^.[\]\\])+)|\[(\*)\]|\.(\*)|\[(-?\d{1,9})\]|\[(-?\d{0,9}):(-?\d{0,9})\]|\['([^']*)'\]|\["([^"]*)"\]|\[\?\((.*?)\)\]|(\.)$/gy;

function parseSteps(path: string): Step[] | undefined {
  const steps: Step[] = [];
  const tokens = new RegExp(TOKEN);
  while (tokens.lastIndex < path.length) {
    const match = tokens.exec(path);
    const step = match && stepOf(match);
    if (!step) return undefined;
    steps.push(step);
  }
  return steps;
}

function stepOf(match: RegExpExecArray): Step | undefined {
  const [, field, star, dotStar, index, from, to, single, double, filter] = match;
  if (field === '*' || star !== undefined || dotStar !== undefined) return everything;
  const name = field?.replaceAll(/\\(.)/g, '$1') ?? single ?? double;
  if (name !== undefined) return fieldStep(name);
  if (index !== undefined) return (value) => (Array.isArray(value) ? present(value.at(Number(index))) : []);
  if (from !== undefined) return sliceStep(from, to ?? '');
  if (filter !== undefined) return filterStep(filter);
  return (value) => [value];
}

const present = (value: unknown): readonly unknown[] => (value === undefined ? [] : [value]);

const fieldStep =
  (name: string): Step =>
  (value) =>
    isJsonObject(value) ? present(own(value, name)) : [];

const everything: Step = (value) =>
  Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];

function sliceStep(from: string, to: string): Step {
  const end = to === '' ? undefined : Number(to);
  return (value) => (Array.isArray(value) ? value.slice(Number(from), end) : []);
}

const FILTER = /^\s*@((?:\.[\w-]+)+)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|-?[\d.]+|true|false)\s*)?$/;

function filterStep(text: string): Step | undefined {
  const match = FILTER.exec(text);
  if (!match) return undefined;
  const [, path = '', operator, literal = ''] = match;
  const steps = parseSteps(path) ?? [];
  const wanted = literalOf(literal);
  const holds = (item: unknown): boolean => {
    const [value] = steps.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [item]);
    if (value === undefined) return false;
    return operator === undefined || compare(value, operator, wanted);
  };
  return (value) => everything(value).filter(holds);
}

function literalOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^["']/.test(text) ? text.slice(1, -1) : Number(text);
}

function compare(value: unknown, operator: string, wanted: string | number | boolean): boolean {
  if (operator === '==') return value === wanted;
  if (operator === '!=') return value !== wanted;
  if (typeof value !== typeof wanted) return false;
  const left = value as typeof wanted;
  switch (operator) {
    case '<':
      return left < wanted;
    case '>':
      return left > wanted;
    case '<=':
      return left <= wanted;
    default:
      return left >= wanted;
  }
}
