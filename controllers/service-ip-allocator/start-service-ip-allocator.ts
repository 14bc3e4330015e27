import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey, splitKey } from '../../client/informer.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { IPAddress, Service } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { parseCidr } from '../runtime/cidr.ts';
import { type AdmissionReview, reviewService } from './admission-review.ts';
import { familyOf, type IpFamily } from './allocate-addresses.ts';
import { allocateService, needsClusterIp, needsNodePorts } from './allocate-service.ts';
import { IpLedger } from './ip-ledger.ts';
import { NodePortLedger, type PortRange } from './node-port-ledger.ts';
import { registerWebhook, type WebhookAddress } from './register-webhook.ts';

export interface ServiceIpAllocatorOptions {
  /** One of each family; the first is the cluster's own. */
  readonly serviceCidrs: readonly string[];
  readonly nodePorts: PortRange;
  /** Serves the reviews that the API server sends in line, and says where. */
  readonly serve: (review: (review: AdmissionReview) => Promise<object>) => Promise<WebhookAddress>;
}

/** A booking whose Service never came is let go after this. */
const LEAK_AFTER_MS = 30_000;

/**
 * Gives Services their addresses and node ports: in line, so that a create answers with them; and by a
 * repair loop that completes Services made while it was away, frees leaks and reports duplicates.
 */
export async function startServiceIpAllocator(
  context: ControllerContext,
  options: ServiceIpAllocatorOptions,
): Promise<void> {
  const { client, clock, informers, logger, rng, signal } = context;
  const services = informers.for(resources.services);
  const bookings = informers.for(resources.ipaddresses);
  const events = new EventRecorder(context, 'service-ip-allocator');
  const nodePorts = new NodePortLedger(options.nodePorts, clock, rng);
  const isBooked = (address: string): boolean =>
    bookings.store.get(address) !== undefined || services.store.byIndex('address', address).length > 0;
  const addresses = new Map(
    options.serviceCidrs.map((cidr): [IpFamily, IpLedger] => [
      familyOf(cidr),
      new IpLedger(client, parseCidr(cidr), rng, isBooked),
    ]),
  );
  services.store.addIndex('address', clusterAddresses);

  const serviceQueue = runQueue(context, 'service_allocation', async (key) => {
    const service = services.store.get(key);
    if (!service || service.metadata.deletionTimestamp !== undefined) return;
    reportDuplicates(service);
    if (!isComplete(service)) return complete(service);
    for (const address of clusterAddresses(service)) {
      if (!bookings.store.get(address))
        await addresses.get(familyOf(address))?.claim(address, reference(service));
    }
  });

  const complete = async (service: Service): Promise<void> => {
    const allocation = await allocateService(service, undefined, { addresses, nodePorts }, false);
    if (allocation.kind === 'refused') {
      events.warning({ ...service, kind: 'Service' }, 'FailedAllocation', allocation.fault.message);
      throw new Error(allocation.fault.message);
    }
    await client.update(resources.services, { ...service, spec: allocation.spec }).catch((error) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  };

  const bookingQueue = runQueue(context, 'ip_repair', async (address) => {
    const booking = bookings.store.get(address);
    if (!booking || isHeld(booking)) return;
    const age = clock.now() - Date.parse(booking.metadata.creationTimestamp ?? '');
    if (age < LEAK_AFTER_MS) return { requeueAfterMs: LEAK_AFTER_MS - age };
    logger.warn(
      { address, parent: booking.spec?.parentRef },
      'freed an address whose Service does not exist',
    );
    await addresses.get(familyOf(address))?.release(address);
  });

  const isHeld = ({ metadata, spec }: IPAddress): boolean => {
    const service = services.store.get(`${spec?.parentRef?.namespace}/${spec?.parentRef?.name}`);
    return service !== undefined && clusterAddresses(service).includes(metadata.name ?? '');
  };

  const reportDuplicates = (service: Service): void => {
    for (const address of clusterAddresses(service)) {
      const holders = services.store.byIndex('address', address).map(({ metadata }) => metadata);
      if (holders.length < 2) continue;
      const names = holders.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
      const message = `Cluster IP ${address} is assigned to several services: ${names}`;
      events.warning({ ...service, kind: 'Service' }, 'ClusterIPAlreadyAllocated', message);
      logger.error({ address, services: names }, 'a cluster IP is used twice');
    }
  };

  services.addHandler({
    onAdd: (service) => {
      nodePorts.observe(objectKey(service), undefined, service);
      serviceQueue.add(objectKey(service));
    },
    onUpdate: (previous, service) => {
      nodePorts.observe(objectKey(service), previous, service);
      serviceQueue.add(objectKey(service));
      releaseDropped(previous, service);
    },
    onDelete: (service) => {
      nodePorts.observe(objectKey(service), service, undefined);
      releaseDropped(service, undefined);
    },
  });
  const releaseDropped = (previous: Service, service: Service | undefined): void => {
    const kept = new Set(service ? clusterAddresses(service) : []);
    for (const address of clusterAddresses(previous)) if (!kept.has(address)) releaseQueue.add(address);
  };
  const releaseQueue = runQueue(context, 'ip_release', async (address) => {
    if (services.store.byIndex('address', address).length > 0) return;
    await addresses.get(familyOf(address))?.release(address);
  });
  bookings.addHandler({
    onAdd: (booking) => bookingQueue.add(objectKey(booking)),
    onDelete: (booking) => {
      for (const service of services.store.byIndex('address', objectKey(booking)))
        serviceQueue.add(objectKey(service));
    },
  });
  await informers.start(signal);
  const address = await options.serve((review) => reviewService(review, { addresses, nodePorts }));
  await registerWebhook(client, address);
}

function reference(service: Service): { namespace: string; name: string } {
  const { namespace = '', name } = splitKey(objectKey(service));
  return { namespace, name };
}

function isComplete({ spec = {} }: Service): boolean {
  const wanted = spec.ipFamilies?.length ?? 1;
  const has = spec.clusterIP === 'None' || (spec.clusterIPs?.length ?? 0) >= wanted;
  const addressed = !needsClusterIp(spec) || (Boolean(spec.clusterIP) && has);
  return addressed && (!needsNodePorts(spec) || (spec.ports ?? []).every(({ nodePort }) => nodePort));
}

function clusterAddresses({ spec }: Service): string[] {
  const all = spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : []);
  return all.filter((address) => address !== '' && address !== 'None');
}
