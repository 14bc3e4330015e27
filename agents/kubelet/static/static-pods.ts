import { objectKey } from '../../../client/informer.ts';
import { timestamp } from '../../../client/timestamp.ts';
import type { Pod } from '../../../openapi/generated/types.ts';
import { CONFIG_SEEN } from './config-annotations.ts';
import { readStaticPod } from './read-static-pod.ts';

/** The texts of a node's manifests, by the names of their files. */
export type Manifests = ReadonlyMap<string, string>;

export interface StaticPodsOptions {
  readonly nodeName: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A manifest that is no pod; the other files' pods run. */
  readonly onFault: (file: string, message: string) => void;
}

interface ReadManifest {
  readonly text: string;
  /** Undefined if it is no pod. */
  readonly pod: Pod | undefined;
}

/** The pods of a node's manifests: those that no API server has to know of. */
export class StaticPods {
  /** Called with the key of each pod that came, changed or went. */
  onChange: (key: string) => void = () => {};
  readonly #options: StaticPodsOptions;
  #read = new Map<string, ReadManifest>();
  #pods = new Map<string, Pod>();

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  get(key: string): Pod | undefined {
    return this.#pods.get(key);
  }

  keys(): string[] {
    return [...this.#pods.keys()];
  }

  /** Takes all manifests as they are now. Of two pods of one name the first file's runs. */
  set(manifests: Manifests): void {
    const before = this.#pods;
    const files = [...manifests].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#read = new Map(files.map(([file, text]) => [file, this.#readOnce(file, text)]));
    this.#pods = new Map();
    for (const { pod } of this.#read.values()) {
      if (pod && !this.#pods.has(objectKey(pod))) this.#pods.set(objectKey(pod), pod);
    }
    for (const key of new Set([...before.keys(), ...this.#pods.keys()])) {
      if (before.get(key) !== this.#pods.get(key)) this.onChange(key);
    }
  }

  #readOnce(file: string, text: string): ReadManifest {
    const known = this.#read.get(file);
    return known?.text === text ? known : { text, pod: this.#pod(file, text) };
  }

  #pod(file: string, text: string): Pod | undefined {
    const { nodeName, now, onFault } = this.#options;
    try {
      const pod = readStaticPod(text, { file, nodeName });
      const annotations = { ...pod.metadata.annotations, [CONFIG_SEEN]: timestamp(now()) };
      return { ...pod, metadata: { ...pod.metadata, annotations } };
    } catch (error) {
      onFault(file, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
}
