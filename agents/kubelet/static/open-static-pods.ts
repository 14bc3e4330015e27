import type { Logger } from '../../../platform/logger.ts';
import { ManifestDirectory } from './manifest-directory.ts';
import { StaticPods } from './static-pods.ts';

export interface StaticPodFolder {
  readonly path: string;
  readonly nodeName: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** The pods of a folder of manifests, which is followed until `close`. */
export async function openStaticPods({ path, nodeName, now, logger }: StaticPodFolder) {
  const onFault = (file: string, error: string): void =>
    logger.error({ file, error }, 'this manifest is no pod that could run');
  const staticPods = new StaticPods({ nodeName, now, onFault });
  const directory = await ManifestDirectory.open({
    path,
    onManifests: (manifests) => staticPods.set(manifests),
    onFault: (error) => logger.error({ path, error }, 'manifests cannot be read'),
  });
  return { staticPods, close: () => directory.close() };
}
