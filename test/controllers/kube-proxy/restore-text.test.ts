import { describe, expect, it } from 'vitest';
import { JUMPS } from '../../../controllers/kube-proxy/iptables/jumps.ts';
import { type NodeProgram, nodeProgram } from '../../../controllers/kube-proxy/iptables/node-program.ts';
import {
  deleteText,
  NOTHING_WRITTEN,
  restoreText,
} from '../../../controllers/kube-proxy/iptables/restore-text.ts';
import { serviceText } from '../../../controllers/kube-proxy/iptables/service-text.ts';
import type { ProxiedPort } from '../../../controllers/kube-proxy/service-port.ts';
import { proxiedPort } from './proxied-port.ts';
import { testSettings } from './rule-settings.ts';

const NODE = { nodeName: 'node-1', nodeIp: '172.18.0.2', zone: '', podCidr: '' };
const LARGE = { settings: testSettings('iptables'), isLarge: true, hasAccounts: false };
const programOf = (isLarge: boolean, ...ports: ProxiedPort[]): NodeProgram => {
  const options = { ...LARGE, isLarge };
  const texts = ports.map((port) => serviceText(port, { ...NODE, ...options }));
  return nodeProgram(texts, { ...options, nodePortIps: undefined });
};

const ONE = proxiedPort({ endpoints: [{}] });
const TWO = proxiedPort({ endpoints: [{}, { ip: '10.244.0.3' }] });
const OTHER = proxiedPort({
  name: 'default/other',
  clusterIp: '10.96.0.11',
  endpoints: [{ ip: '10.244.0.9' }],
});

describe('restoreText', () => {
  it('writes nothing in a large cluster when nothing changed', () => {
    const program = programOf(true, ONE);
    expect(restoreText(program, NOTHING_WRITTEN, JUMPS).text).toContain('*nat\n');
    expect(restoreText(programOf(true, ONE), program, []).text).toBe('');
  });

  it('rewrites the chains of the Service that changed, and in a large cluster those of them that did', () => {
    const written = (isLarge: boolean): string =>
      restoreText(programOf(isLarge, TWO, OTHER), programOf(isLarge, ONE, OTHER), []).text;
    for (const isLarge of [true, false]) {
      expect(written(isLarge)).toContain('--to-destination 10.244.0.3:8080');
      expect(written(isLarge)).not.toContain('10.244.0.9');
    }
    expect(written(false)).toContain('--to-destination 10.244.0.2:8080');
    expect(written(false)).toContain('default/other cluster IP');
    expect(written(true)).not.toContain('--to-destination 10.244.0.2:8080');
    expect(written(true)).not.toMatch(/default\/other|\*filter/);
  });

  it('leaves the words of other Services when the cluster grows large', () => {
    const { text } = restoreText(programOf(true, TWO, OTHER), programOf(false, ONE, OTHER), []);
    expect(text).toContain('-m tcp -p tcp -j DNAT --to-destination 10.244.0.2:8080');
    expect(text).not.toContain('10.244.0.9');
    const whole = restoreText(programOf(true, TWO, OTHER), NOTHING_WRITTEN, []).text;
    expect(whole).toContain('-m tcp -p tcp -j DNAT --to-destination 10.244.0.9:8080');
  });

  it('tells which chains nothing leads to any more', () => {
    const before = programOf(false, TWO);
    const gone = [...restoreText(programOf(false, ONE), before, []).stale];
    expect(gone).toEqual([expect.stringMatching(/^KUBE-SEP-/)]);
    expect([...restoreText(programOf(false), before, []).stale]).toHaveLength(3);
    const left = restoreText(programOf(false), { chains: new Set(['KUBE-SEP-OLD']) }, []);
    expect([...left.stale]).toEqual(['KUBE-SEP-OLD']);
    expect(left.text).not.toContain('KUBE-SEP-OLD');
  });
});

it('empties chains before it deletes any', () => {
  expect(deleteText(new Set(['KUBE-SVC-A', 'KUBE-SEP-B']))).toBe(
    '*nat\n:KUBE-SVC-A - [0:0]\n:KUBE-SEP-B - [0:0]\n-X KUBE-SVC-A\n-X KUBE-SEP-B\nCOMMIT\n',
  );
  expect(deleteText(new Set())).toBe('');
});
