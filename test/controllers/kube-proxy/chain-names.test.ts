import { expect, it } from 'vitest';
import { ChainNames } from '../../../controllers/kube-proxy/iptables/chain-names.ts';
import { proxiedPort } from './proxied-port.ts';

it('makes the names that kube-proxy makes', () => {
  const { service, endpoints } = proxiedPort({
    name: 'ns1/svc1:p80',
    endpoints: [{ ip: '10.180.0.1', port: 80 }],
  });
  const names = new ChainNames(service);
  expect(names.service('KUBE-SVC-')).toBe('KUBE-SVC-XPGD46QRK7WJZT7O');
  expect(names.endpoint(endpoints[0]!)).toBe('KUBE-SEP-SXIVWICOYRO3J4NJ');
});
