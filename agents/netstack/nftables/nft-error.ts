/** What is wrong with a text for nft, in nft's words; the kernel's refusals carry an errno's. */
export class NftError extends Error {
  override readonly name = 'NftError';
}

export const NO_SUCH = 'Could not process rule: No such file or directory';
export const EXISTS = 'Could not process rule: File exists';
export const BUSY = 'Could not process rule: Device or resource busy';
export const UNSUPPORTED = 'Could not process rule: Operation not supported';
