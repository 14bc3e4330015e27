/** What ipset refuses, in its own words. */
export class IpSetError extends Error {
  readonly code: 'exists' | 'missing' | 'other';

  constructor(message: string, code: 'exists' | 'missing' | 'other' = 'other') {
    super(message);
    this.code = code;
  }
}

export const ALREADY_ADDED = "Element cannot be added to the set: it's already added";
export const NOT_ADDED = "Element cannot be deleted from the set: it's not added";
export const NO_SUCH_SET = 'The set with the given name does not exist';
export const NAME_TAKEN = 'Set cannot be created: set with the same name already exists';
export const IN_USE = 'Set cannot be destroyed: it is in use by a kernel component';
export const FULL = 'Hash is full, cannot add more elements';
