import { isAlreadyExists, isConflict, isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { EndpointSlice, Endpoints, ObjectMeta, Pod, Service } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { nameSuffix } from '../../platform/rng.ts';
import { created, Expectations } from '../runtime/expectations.ts';
import { labelsMatch } from '../runtime/label-selector.ts';
import { controllerReference } from '../runtime/owner.ts';
import { podCondition } from '../runtime/pod-state.ts';
import { endpointsSubsets } from './endpoints-subsets.ts';
import { MANAGED_ENDPOINTS, mirroredGroups, shouldMirror } from './mirror-endpoints.ts';
import { planSlices } from './plan-slices.ts';
import { type AddressType, type EndpointGroup, endpointGroups } from './pod-endpoint.ts';
import { TriggerTimes } from './trigger-times.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const FROM_PODS = 'endpointslice-controller.k8s.io';
const MIRRORED = 'endpointslicemirroring-controller.k8s.io';

const ADDRESS_TYPES: readonly AddressType[] = ['IPv4', 'IPv6'];

/** The families that a Service's spec names; IPv4 until somebody says. */
function familiesOf({ spec }: Service): readonly AddressType[] {
  const named = ADDRESS_TYPES.filter((family) => spec?.ipFamilies?.includes(family));
  const first = spec?.ipFamilies?.[0] as AddressType | undefined;
  return named.length === 0 ? ['IPv4'] : named.sort((a) => (a === first ? -1 : 1));
}

/** The groups with their endpoints of one family; groups without any are left out. */
function ofFamily(groups: readonly EndpointGroup[], family: AddressType): readonly EndpointGroup[] {
  return groups
    .map(({ ports, endpoints }) => ({
      ports,
      endpoints: endpoints.filter(({ addresses }) => addresses?.[0]?.includes(':') === (family === 'IPv6')),
    }))
    .filter(({ endpoints }) => endpoints.length > 0);
}

/** Follows each Service's pods with EndpointSlices and Endpoints, and mirrors hand-written Endpoints. */
export const startEndpoints: StartController = async (context) => {
  const { client, clock, informers, rng, signal } = context;
  /** Slices made that the informer does not show yet; planning without them would make them twice. */
  const expectations = new Expectations(clock);
  const triggers = new TriggerTimes();
  const services = informers.for(resources.services);
  const pods = informers.for(resources.pods);
  const nodes = informers.for(resources.nodes);
  const slices = informers.for(resources.endpointslices);
  const endpoints = informers.for(resources.endpoints);
  services.store.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
  pods.store.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
  slices.store.addIndex('service', ({ metadata }) => [
    `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`,
  ]);

  const queue = runQueue(
    context,
    'endpoint_slice',
    async (key) => {
      const service = services.store.get(key);
      if (!service) {
        triggers.forget(key);
        return expectations.forget(key);
      }
      if (!expectations.satisfied(key)) return;
      const selector = service.spec?.selector;
      if (!selector) return mirror(service);
      const chosen = pods.store
        .byIndex('namespace', service.metadata.namespace ?? '')
        .filter((pod) => labelsMatch(selector, pod.metadata.labels));
      const trigger = triggers.next(service, chosen);
      const families = familiesOf(service);
      const groupsOf = (family: AddressType) =>
        endpointGroups(service, chosen, family, (name) => nodes.store.get(name));
      for (const family of ADDRESS_TYPES) {
        const groups = families.includes(family) ? groupsOf(family) : undefined;
        await writeSlices(service, family, groups, FROM_PODS, trigger);
      }
      // The older object knows the Service's first family only.
      await writeEndpoints(service, groupsOf(families[0]!));
    },
    5,
  );

  const mirror = async (service: Service): Promise<void> => {
    const source = endpoints.store.get(objectKey(service));
    if (!source || !shouldMirror(source)) return;
    const groups = mirroredGroups(source);
    for (const family of ADDRESS_TYPES) {
      const mine = ofFamily(groups, family);
      const isWanted = mine.length > 0 || (family === 'IPv4' && groups.length === 0);
      await writeSlices(service, family, isWanted ? mine : undefined, MIRRORED, undefined);
    }
  };

  const writeSlices = async (
    service: Service,
    family: AddressType,
    /** None: the Service has nothing of this family. */
    groups: readonly EndpointGroup[] | undefined,
    manager: string,
    trigger: string | undefined,
  ): Promise<void> => {
    const { namespace } = service.metadata;
    const existing = slices.store
      .byIndex('service', objectKey(service))
      .filter(
        ({ metadata, addressType }) =>
          addressType === family &&
          metadata.labels?.[MANAGED_BY] === manager &&
          metadata.deletionTimestamp === undefined,
      );
    const plan = groups ? planSlices(groups, existing) : { create: [], update: [], remove: existing };
    for (const { ports, endpoints: content } of plan.create) {
      const name = `${service.metadata.name}-${nameSuffix(rng)}`;
      const metadata = sliceMetadata(service, manager, trigger, name);
      const slice = { metadata, addressType: family, ports: [...ports], endpoints: [...content] };
      expectations.expect(objectKey(service), created(name));
      await client.create(resources.endpointslices, slice, { namespace }).catch((error) => {
        expectations.observe(objectKey(service), created(name));
        if (!isAlreadyExists(error)) throw error;
      });
    }
    for (const { slice, group } of plan.update) {
      const { name = '', resourceVersion } = slice.metadata;
      const metadata = { ...sliceMetadata(service, manager, trigger, name), resourceVersion };
      await client.update(resources.endpointslices, { ...slice, metadata, endpoints: [...group.endpoints] });
    }
    for (const { metadata } of plan.remove) {
      await client
        .delete(resources.endpointslices, metadata.name ?? '', { namespace })
        .catch(ignore(isNotFound));
    }
  };

  const writeEndpoints = async (service: Service, groups: readonly EndpointGroup[]): Promise<void> => {
    const wanted = wantedEndpoints(service, groups);
    const present = endpoints.store.get(objectKey(service));
    const { namespace } = service.metadata;
    if (!present) {
      await client.create(resources.endpoints, wanted, { namespace }).catch(ignore(isAlreadyExists));
      return;
    }
    const same =
      canonical(present.subsets ?? []) === canonical(wanted.subsets ?? []) &&
      canonical(present.metadata.labels ?? {}) === canonical(wanted.metadata.labels ?? {});
    if (same) return;
    const metadata = { ...present.metadata, ...wanted.metadata };
    await client.update(resources.endpoints, { ...present, metadata, subsets: wanted.subsets });
  };

  const enqueueServicesOf = (pod: Pod): void => {
    for (const service of services.store.byIndex('namespace', pod.metadata.namespace ?? '')) {
      const selector = service.spec?.selector;
      if (selector && labelsMatch(selector, pod.metadata.labels)) queue.add(objectKey(service));
    }
  };
  services.addHandler({
    onAdd: (service) => queue.add(objectKey(service)),
    onUpdate: (_, service) => queue.add(objectKey(service)),
    onDelete: (service) => void removeEndpoints(service),
  });
  /** The older object has no owner, so the garbage collector would leave it. */
  const removeEndpoints = async ({ metadata }: Service): Promise<void> => {
    await client
      .delete(resources.endpoints, metadata.name ?? '', { namespace: metadata.namespace })
      .catch(() => {});
  };
  pods.addHandler({
    onAdd: enqueueServicesOf,
    onUpdate: (previous, pod) => {
      if (canonical(endpointView(previous)) === canonical(endpointView(pod))) return;
      if (canonical(previous.metadata.labels) !== canonical(pod.metadata.labels)) enqueueServicesOf(previous);
      enqueueServicesOf(pod);
    },
    onDelete: enqueueServicesOf,
  });
  const enqueueSliceOwner = ({ metadata }: EndpointSlice): void => {
    const name = metadata.labels?.[SERVICE_NAME];
    if (name) queue.add(`${metadata.namespace}/${name}`);
  };
  slices.addHandler({
    onAdd: (slice) => {
      const service = `${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_NAME]}`;
      expectations.observe(service, created(slice.metadata.name ?? ''));
      enqueueSliceOwner(slice);
    },
    onUpdate: (_, slice) => enqueueSliceOwner(slice),
    onDelete: enqueueSliceOwner,
  });
  endpoints.addHandler({
    onAdd: (object) => queue.add(objectKey(object)),
    onUpdate: (_, object) => queue.add(objectKey(object)),
    onDelete: (object) => queue.add(objectKey(object)),
  });
  await informers.start(signal);
};

/** The part of a pod that its endpoints show. */
function endpointView(pod: Pod): unknown {
  const { labels, deletionTimestamp } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec ?? {};
  const { podIPs, phase } = pod.status ?? {};
  const ready = podCondition(pod, 'Ready')?.status;
  return [labels, deletionTimestamp !== undefined, hostname, subdomain, nodeName, podIPs, phase, ready];
}

function sliceMetadata(
  service: Service,
  manager: string,
  trigger: string | undefined,
  name: string,
): ObjectMeta {
  const { namespace, labels } = service.metadata;
  return {
    name,
    namespace,
    labels: {
      ...labels,
      [SERVICE_NAME]: service.metadata.name ?? '',
      [MANAGED_BY]: manager,
      ...(service.spec?.clusterIP === 'None' ? { [HEADLESS]: '' } : {}),
    },
    ...(trigger === undefined ? {} : { annotations: { [TRIGGER_TIME]: trigger } }),
    ownerReferences: [controllerReference({ apiVersion: 'v1', kind: 'Service', metadata: service.metadata })],
  };
}

function wantedEndpoints(service: Service, groups: readonly EndpointGroup[]): Endpoints {
  const { name, namespace, labels } = service.metadata;
  const { subsets, truncated } = endpointsSubsets(groups);
  return {
    metadata: {
      name,
      namespace,
      labels: {
        ...labels,
        [MANAGED_ENDPOINTS]: 'endpoint-controller',
        ...(service.spec?.clusterIP === 'None' ? { [HEADLESS]: '' } : {}),
      },
      ...(truncated ? { annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' } } : {}),
    },
    subsets: [...subsets],
  };
}

function ignore(...predicates: readonly ((error: unknown) => boolean)[]) {
  return (error: unknown): void => {
    if (!predicates.some((predicate) => predicate(error)) && !isConflict(error)) throw error;
  };
}
