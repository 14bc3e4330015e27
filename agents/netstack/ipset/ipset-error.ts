/** What ipset refuses, in its own words. */
export class IpSetError extends Error {
  readonly code: 'exists' | 'missing' | 'usage' | 'other';

  constructor(message: string, code: 'exists' | 'missing' | 'usage' | 'other' = 'other') {
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
export const OUT_OF_RANGE = 'Element is out of the range of the set';
export const INVALID_CIDR = 'The value of the CIDR parameter of the IP address is invalid';
