import { describe, expect, it } from 'vitest';
import { ENDPOINTS_PER_SLICE, planSlices } from '../../../controllers/endpoints/plan-slices.ts';
import { endpointGroups } from '../../../controllers/endpoints/pod-endpoint.ts';
import type { EndpointSlice, Service } from '../../../openapi/generated/types.ts';
import { pod } from '../pods.ts';

const SERVICE: Service = {
  metadata: { name: 'web', namespace: 'default' },
  spec: { ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }] },
};
const pods = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    pod(`p${index}`, { ip: `10.244.${index >> 8}.${index & 255}` }),
  );
const groups = (list: ReturnType<typeof pods>) => endpointGroups(SERVICE, list, 'IPv4', () => undefined);

/** Carries a plan out on a list of slices. */
function carryOut(list: ReturnType<typeof pods>, existing: readonly EndpointSlice[]): EndpointSlice[] {
  const plan = planSlices(groups(list), existing);
  const updated = existing
    .filter((slice) => !plan.remove.includes(slice))
    .map((slice) => {
      const update = plan.update.find((entry) => entry.slice === slice);
      return update ? { ...slice, endpoints: [...update.group.endpoints] } : slice;
    });
  const created = plan.create.map((group, index) => ({
    metadata: { name: `new-${existing.length + index}` },
    addressType: 'IPv4',
    ports: [...group.ports],
    endpoints: [...group.endpoints],
  }));
  return [...updated, ...created];
}

const addresses = (slices: readonly EndpointSlice[]) =>
  slices.flatMap(({ endpoints }) => (endpoints ?? []).map((endpoint) => endpoint.addresses![0]!)).sort();

describe('planSlices', () => {
  it('makes as few slices as the endpoints need', () => {
    const slices = carryOut(pods(250), []);
    expect(slices.map(({ endpoints }) => endpoints!.length)).toEqual([100, 100, 50]);
  });

  it('leaves everything alone when nothing changed', () => {
    const slices = carryOut(pods(130), []);
    expect(planSlices(groups(pods(130)), slices)).toEqual({ create: [], update: [], remove: [] });
  });

  it('touches one slice for one new pod', () => {
    const slices = carryOut(pods(130), []);
    const plan = planSlices(groups(pods(131)), slices);
    expect(plan.update).toHaveLength(1);
    expect(plan.create).toHaveLength(0);
    expect(addresses(carryOut(pods(131), slices))).toEqual(
      pods(131)
        .map(({ status }) => status!.podIP!)
        .sort(),
    );
  });

  it('removes slices that end up empty and keeps one for a Service without endpoints', () => {
    const slices = carryOut(pods(150), []);
    const fewer = carryOut(pods(100), slices);
    expect(fewer).toHaveLength(1);
    const none = carryOut([], fewer);
    expect(none).toHaveLength(1);
    expect(none[0]!.endpoints).toEqual([]);
    expect(planSlices(groups([]), none)).toEqual({ create: [], update: [], remove: [] });
  });

  it('never puts more into a slice than it may hold', () => {
    let slices: EndpointSlice[] = [];
    for (const count of [5, 90, 240, 17, 333, 0, 101]) {
      slices = carryOut(pods(count), slices);
      for (const { endpoints } of slices) expect(endpoints!.length).toBeLessThanOrEqual(ENDPOINTS_PER_SLICE);
      expect(addresses(slices)).toEqual(
        pods(count)
          .map(({ status }) => status!.podIP!)
          .sort(),
      );
    }
  });
});

describe('endpointGroups', () => {
  it('shows readiness, serving and termination apart', () => {
    const [group] = groups([
      pod('ready', { ip: '10.0.0.1' }),
      pod('not', { ip: '10.0.0.2', ready: false }),
      pod('going', { ip: '10.0.0.3', deleting: true }),
      pod('unwired'),
    ]);
    expect(group!.endpoints.map(({ conditions }) => conditions)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: true, terminating: true },
    ]);
  });

  it('resolves a named port on each pod', () => {
    const odd = pod('odd', { ip: '10.0.0.2' });
    odd.spec!.containers![0]!.ports![0]!.containerPort = 9090;
    const ports = groups([pod('even', { ip: '10.0.0.1' }), odd]).map((group) => group.ports[0]!.port);
    expect(ports).toEqual([8080, 9090]);
  });
});
