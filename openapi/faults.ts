/** What is wrong with a field (k8s apimachinery/pkg/util/validation/field/errors.go). */
export type FaultReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid';

/** One fault of an object: where, what kind, and the text a user reads. */
export interface Fault {
  readonly field: string;
  readonly reason: FaultReason;
  readonly message: string;
}

/** Reports beyond this are dropped: an answer must stay readable. */
const MAX_FAULTS = 100;

/** Collects all faults of an object, so that they are reported at once. */
export class Faults {
  readonly list: Fault[] = [];

  required(field: string, detail = ''): void {
    this.#add(field, 'FieldValueRequired', detail === '' ? 'Required value' : `Required value: ${detail}`);
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.#add(field, 'FieldValueInvalid', `Invalid value: ${shown(value)}: ${detail}`);
  }

  /** The value is of another type than the field. */
  typeInvalid(field: string, value: unknown, detail: string): void {
    this.#add(field, 'FieldValueTypeInvalid', `Invalid value: ${shown(value)}: ${detail}`);
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    this.notOneOf(field, value, [...supported].sort());
  }

  /** The same, with the supported values in an order that a user chose. */
  notOneOf(field: string, value: unknown, supported: readonly string[]): void {
    const list = shortened(supported.map((item) => JSON.stringify(item)).join(', '), 4096);
    this.#add(
      field,
      'FieldValueNotSupported',
      `Unsupported value: ${shown(value)}: supported values: ${list}`,
    );
  }

  duplicate(field: string, value: unknown): void {
    this.#add(field, 'FieldValueDuplicate', `Duplicate value: ${shown(value)}`);
  }

  forbidden(field: string, detail: string): void {
    this.#add(field, 'FieldValueForbidden', `Forbidden: ${detail}`);
  }

  notFound(field: string, value: unknown): void {
    this.#add(field, 'FieldValueNotFound', `Not found: ${shown(value)}`);
  }

  tooLong(field: string, maximum: number): void {
    this.#add(field, 'FieldValueTooLong', `Too long: may not be more than ${maximum} bytes`);
  }

  tooMany(field: string, count: number, maximum: number): void {
    this.#add(field, 'FieldValueTooMany', `Too many: ${count}: must have at most ${maximum} items`);
  }

  /** Takes over what was found apart, in fields below a path. */
  addAll({ list }: Faults, path = ''): void {
    for (const { field, reason, message } of list) this.#add(path + field, reason, message);
  }

  #add(field: string, reason: FaultReason, message: string): void {
    if (this.list.length < MAX_FAULTS) this.list.push({ field, reason, message });
  }
}

/** A value as messages show it, of bounded length. */
function shown(value: unknown): string {
  const text = value === undefined ? 'null' : JSON.stringify(value);
  return shortened(text, 512);
}

function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
