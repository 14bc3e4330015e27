import { describe, expect, it } from 'vitest';
import { StaticPods } from '../../../../agents/kubelet/static/static-pods.ts';

const pod = (name: string, image = 'nginx'): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {containers: [{name: c, image: ${image}}]}}`;

function staticPods() {
  const changes: string[] = [];
  const faults: string[] = [];
  const pods = new StaticPods({
    nodeName: 'node-7',
    now: () => Date.UTC(2026, 0, 2),
    onFault: (file, message) => faults.push(`${file}: ${message}`),
  });
  pods.onChange = (key) => changes.push(key);
  const set = (files: Record<string, string>): string[] => {
    changes.length = 0;
    pods.set(new Map(Object.entries(files)));
    return [...changes];
  };
  return { pods, faults, set };
}

describe('StaticPods', () => {
  it('tells of pods that come, change and go, and of nothing else', () => {
    const { pods, set } = staticPods();
    expect(set({ a: pod('one'), b: pod('two') })).toEqual(['default/one-node-7', 'default/two-node-7']);
    const kept = pods.get('default/one-node-7');
    expect(set({ a: pod('one'), b: pod('two', 'httpd') })).toEqual(['default/two-node-7']);
    expect(pods.get('default/one-node-7')).toBe(kept);
    expect(set({ b: pod('two', 'httpd') })).toEqual(['default/one-node-7']);
    expect(pods.keys()).toEqual(['default/two-node-7']);
  });

  it('gives each version of a pod a uid of its own, the same at every start', () => {
    const uid = (text: string, file = 'a'): string | undefined => {
      const { pods, set } = staticPods();
      set({ [file]: text });
      return pods.get('default/one-node-7')?.metadata.uid;
    };
    expect(uid(pod('one'))).toMatch(/^[0-9a-f]{32}$/);
    expect(uid(pod('one'))).toBe(uid(pod('one')));
    expect(uid(pod('one', 'httpd'))).not.toBe(uid(pod('one')));
    expect(uid(pod('one'), 'b')).not.toBe(uid(pod('one')));
  });

  it('fills in what the API server would have', () => {
    const { pods, set } = staticPods();
    set({ a: pod('one') });
    const { metadata, spec } = pods.get('default/one-node-7') ?? {};
    expect(metadata?.annotations?.['kubernetes.io/config.seen']).toBe('2026-01-02T00:00:00Z');
    expect(spec).toMatchObject({ nodeName: 'node-7', restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
  });

  it('runs the first of two pods of one name, and the others of a bad file', () => {
    const { pods, faults, set } = staticPods();
    set({ b: pod('one', 'httpd'), a: pod('one'), c: 'kind: Pod', d: pod('two') });
    expect(pods.get('default/one-node-7')?.spec?.containers?.[0]?.image).toBe('nginx');
    expect(pods.keys()).toEqual(['default/one-node-7', 'default/two-node-7']);
    expect(faults).toEqual(['c: it is no Pod of v1']);
  });

  it.each([
    ['', /yaml/],
    ['[]', 'it is no Pod of v1'],
    ['apiVersion: v1\nkind: Pod\nmetadata: 7', /metadata/],
    ['apiVersion: v1\nkind: Pod\nspec: {containers: {}}', /containers/],
    [
      'apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: x}]}',
      /metadata\.name: Required value/,
    ],
    ['a: &a [*a]', /yaml/],
    ['\0', /yaml/],
  ])('refuses %j', (text, message) => {
    const { pods, faults, set } = staticPods();
    set({ a: text });
    expect(pods.keys()).toEqual([]);
    expect(faults).toEqual([expect.stringMatching(message)]);
  });
});
