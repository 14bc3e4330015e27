/** Where a pod comes from: of the kubelets' sources only `file` is here. */
export const CONFIG_SOURCE = 'kubernetes.io/config.source';
/** The version of a static pod: its uid. */
export const CONFIG_HASH = 'kubernetes.io/config.hash';
/** When the node first saw a manifest. */
export const CONFIG_SEEN = 'kubernetes.io/config.seen';
/** On a pod of the API: it only shows the static pod of that hash. */
export const CONFIG_MIRROR = 'kubernetes.io/config.mirror';
