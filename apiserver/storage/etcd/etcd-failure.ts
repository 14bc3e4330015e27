import { status } from '@grpc/grpc-js';
import { errors, StatusError } from '../../errors.ts';
import { isServiceError } from './etcd-client.ts';

/** etcd takes no request that is larger, unless it is told to. */
const LARGEST_OBJECT = 1_572_864;

/** What a client is told when etcd does not do what it was asked. */
export function etcdFailure(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (!isServiceError(error)) return errors.internal(`etcd: ${String(error)}`);
  if (error.details.includes('request is too large') || error.code === status.RESOURCE_EXHAUSTED) {
    return error.details.includes('space exceeded')
      ? errors.serviceUnavailable(`etcd: ${error.details}`)
      : errors.tooLarge(LARGEST_OBJECT);
  }
  if (error.code === status.DEADLINE_EXCEEDED) return errors.timeout(`etcd: ${error.details}`);
  return errors.serviceUnavailable(`etcd: ${error.details}`);
}
