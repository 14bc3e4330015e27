const MACROS = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Part {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const PARTS: readonly Part[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

/**
 * What is wrong with a cron schedule: five fields of lists, ranges and steps, a macro, or `@every 1h`
 * (robfig/cron ParseStandard, which Kubernetes uses). Undefined when it can be followed.
 */
export function cronScheduleFault(schedule: string, hasTimeZone: boolean): string | undefined {
  const text = schedule.trim();
  if (/^(CRON_)?TZ=/.test(text)) {
    return hasTimeZone
      ? 'cannot use both timeZone field and TZ or CRON_TZ in schedule'
      : 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
  }
  if (text.startsWith('@')) return macroFault(text);
  const fields = text.split(/\s+/);
  if (fields.length !== PARTS.length) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [index, field] of fields.entries()) {
    const fault = fieldFault(field, PARTS[index] as Part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function macroFault(text: string): string | undefined {
  if (MACROS.has(text)) return undefined;
  const every = /^@every (?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+$/.test(text);
  return every ? undefined : `unrecognized descriptor: ${text}`;
}

function fieldFault(field: string, part: Part): string | undefined {
  for (const item of field.split(',')) {
    const match = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item);
    if (!match) return `failed to parse int from ${item}`;
    const [, first = '', last, step] = match;
    if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${item}`;
    if (first === '*' || first === '?') continue;
    const from = numberOf(first, part);
    const to = last === undefined ? from : numberOf(last, part);
    if (from === undefined || to === undefined) return `failed to parse int from ${item}`;
    if (from < part.min) return `beginning of range (${from}) below minimum (${part.min}): ${item}`;
    if (to > part.max) return `end of range (${to}) above maximum (${part.max}): ${item}`;
    if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${item}`;
  }
  return undefined;
}

function numberOf(text: string, { min, names }: Part): number | undefined {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return index === -1 ? undefined : index + min;
}
