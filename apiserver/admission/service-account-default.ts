import type { Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { AdmissionStep } from './admission.ts';

/** A pod that names no service account runs as `default`. */
export const serviceAccountDefault: AdmissionStep = {
  name: 'ServiceAccount',
  mutate({ operation, definition, subresource, object }) {
    if (operation !== 'CREATE' || definition !== resources.pods || subresource !== '' || !object) return;
    const { metadata, spec } = object as unknown as Pod;
    if (!spec || metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return;
    spec.serviceAccountName ||= 'default';
    // The deprecated name of the same field is kept in step.
    spec.serviceAccount = spec.serviceAccountName;
  },
};
