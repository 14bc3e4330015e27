import { errors, type StatusError } from '../../errors.ts';

/** As strerror(3) says it. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'file too large',
  EIO: 'input/output error',
  EROFS: 'read-only file system',
};

/** What a client is told when its write could not be stored. */
export function storageFailure(error: unknown): StatusError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return errors.serviceUnavailable(`storage: ${REASONS[code] ?? message}`);
}
