import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../client/api-error.ts';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import type { Service, ServiceSpec } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';

let cluster: Cluster;
const namespace = 'default';

beforeAll(async () => {
  // A /27 has 30 addresses, of which the API server and DNS hold two.
  cluster = await createCluster({
    nodes: 1,
    seed: 3,
    serviceCidr: '10.96.0.0/27',
    nodePortRange: '30000-30009',
  });
});
afterAll(() => cluster.stop());

function create(name: string, spec: ServiceSpec): Promise<Service> {
  const ports = spec.ports ?? [{ port: 80, protocol: 'TCP' }];
  return cluster.client.create(
    resources.services,
    { metadata: { name, namespace }, spec: { ...spec, ports } },
    { namespace },
  );
}

async function refused(request: Promise<unknown>): Promise<ApiError> {
  const error = await request.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

const remove = (name: string) => cluster.client.delete(resources.services, name, { namespace });
const bookings = async () =>
  (await cluster.client.list(resources.ipaddresses)).items.map(({ metadata }) => metadata.name);
const bookedFor = async (name: string) =>
  (await cluster.client.list(resources.ipaddresses)).items.filter(
    ({ spec }) => spec?.parentRef?.name === name,
  ).length;

describe('addresses of Services', () => {
  it('come with the answer, are booked, and are freed with the Service', async () => {
    const { spec } = await create('plain', {});
    expect(spec!.clusterIP).toMatch(/^10\.96\.0\.\d+$/);
    expect(await bookings()).toContain(spec!.clusterIP);
    await remove('plain');
    await cluster.until(async () => !(await bookings()).includes(spec!.clusterIP));
  });

  it('may be chosen, once', async () => {
    expect((await create('chosen', { clusterIP: '10.96.0.20' })).spec!.clusterIP).toBe('10.96.0.20');
    const error = await refused(create('late', { clusterIP: '10.96.0.20' }));
    expect(error.code).toBe(422);
    expect(error.message).toContain(
      'spec.clusterIPs: Invalid value: ["10.96.0.20"]: failed to allocate IP 10.96.0.20: provided IP is already allocated',
    );
    await remove('chosen');
  });

  it('must lie in the Services network', async () => {
    const error = await refused(create('far', { clusterIP: '10.97.0.1' }));
    expect(error.message).toContain('the provided network does not match the current range');
  });

  it('are not given to headless and ExternalName Services', async () => {
    expect((await create('headless', { clusterIP: 'None' })).spec!.clusterIP).toBe('None');
    const external = await cluster.client.create(
      resources.services,
      {
        metadata: { name: 'external', namespace },
        spec: { type: 'ExternalName', externalName: 'example.org' },
      },
      { namespace },
    );
    expect(external.spec!.clusterIP).toBeUndefined();
    expect(await bookedFor('headless')).toBe(0);
    expect(await bookedFor('external')).toBe(0);
    await remove('headless');
    await remove('external');
  });

  it('run out with a clear word, and come back when one is freed', async () => {
    const names: string[] = [];
    let full: ApiError | undefined;
    for (let index = 0; index < 40 && !full; index++) {
      const name = `many-${index}`;
      await create(name, {}).then(
        () => names.push(name),
        (error: ApiError) => {
          full = error;
        },
      );
    }
    expect(full?.message).toContain('range is full');
    expect(names.length).toBe(28);
    await remove(names[0]!);
    await cluster.until(async () => (await bookedFor(names[0]!)) === 0);
    expect((await create('after', {})).spec!.clusterIP).toMatch(/^10\.96\.0\./);
    for (const name of [...names.slice(1), 'after']) await remove(name);
    await cluster.until(async () => (await bookings()).length === 2);
  });
});

describe('node ports', () => {
  it('come with the answer and go when the type no longer has them', async () => {
    const created = await create('typed', { type: 'NodePort' });
    const [port] = created.spec!.ports!;
    expect(port!.nodePort).toBeGreaterThanOrEqual(30000);
    const spec = { ...created.spec, type: 'ClusterIP' };
    const updated = await cluster.client.update(resources.services, { ...created, spec });
    expect(updated.spec!.ports![0]!.nodePort).toBeUndefined();
    expect(updated.spec!.clusterIP).toBe(created.spec!.clusterIP);
    await remove('typed');
  });

  it('may be chosen, once, and within the range', async () => {
    const ports = [{ port: 80, protocol: 'TCP', nodePort: 30005 }];
    await create('chosen-port', { type: 'NodePort', ports });
    const taken = await refused(create('late-port', { type: 'NodePort', ports }));
    expect(taken.message).toContain(
      'spec.ports[0].nodePort: Invalid value: 30005: provided port is already allocated',
    );
    const far = await refused(
      create('far-port', { type: 'NodePort', ports: [{ ...ports[0]!, nodePort: 80 }] }),
    );
    expect(far.message).toContain('The range of valid ports is 30000-30009');
    await remove('chosen-port');
  });

  it('are shared by the two protocols of one port', async () => {
    const ports = [
      { name: 'udp', port: 53, protocol: 'UDP' },
      { name: 'tcp', port: 53, protocol: 'TCP' },
    ];
    const { spec } = await create('dns', { type: 'NodePort', ports });
    expect(spec!.ports![0]!.nodePort).toBe(spec!.ports![1]!.nodePort);
    await remove('dns');
  });

  it('include one for health checks where only local pods answer', async () => {
    const { spec } = await create('local', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(spec!.healthCheckNodePort).toBeGreaterThanOrEqual(30000);
    await remove('local');
  });
});
