import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { expect, it } from 'vitest';
import { signRequest } from '../../../controllers/certificate-signer/sign-request.ts';
import { CertificateAuthority } from '../../../platform/certificate-authority.ts';

const NOW = Date.UTC(2026, 0, 1);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function requestFor(subject: string, dnsName?: string): Promise<string> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions:
      dnsName === undefined
        ? []
        : [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: dnsName }])],
  });
  return Buffer.from(request.toString('pem')).toString('base64');
}

async function options() {
  const authority = await CertificateAuthority.create(NOW);
  return { cert: authority.cert, key: await authority.key(), now: NOW, longestSeconds: 3600 };
}

it('signs a user’s certificate, for the time that was asked', async () => {
  const signing = await options();
  const answer = await signRequest(
    {
      request: await requestFor('CN=alice, O=dev'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      expirationSeconds: 600,
    },
    signing,
  );
  const certificate = new X509Certificate('certificate' in answer ? answer.certificate : '');
  expect(certificate.verify(new X509Certificate(signing.cert).publicKey)).toBe(true);
  expect(certificate.subject).toBe('CN=alice\nO=dev');
  expect(Date.parse(certificate.validTo)).toBe(NOW + 600_000);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(() => createSecureContext({ cert: certificate.toString() })).not.toThrow();
});

it('signs for no other usage, subject or name than the signer’s', async () => {
  const signing = await options();
  const fault = async (spec: object): Promise<unknown> => signRequest(spec, signing);
  const client = { signerName: 'kubernetes.io/kube-apiserver-client', request: await requestFor('CN=a') };
  expect(await fault({ ...client, usages: ['server auth'] })).toEqual({
    fault: 'usages did not contain client auth',
  });
  const serving = { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'] };
  expect(await fault({ ...serving, request: await requestFor('CN=a') })).toEqual({
    fault: 'subject organization is not system:nodes',
  });
  const node = 'CN=system:node:n, O=system:nodes';
  expect(await fault({ ...serving, request: await requestFor(node) })).toEqual({
    fault: 'DNS or IP subjectAltName is required',
  });
  expect(await fault({ ...serving, request: await requestFor(node, 'n') })).toHaveProperty('certificate');
  expect(await fault({ ...client, usages: ['client auth'], request: 'AAAA' })).toHaveProperty('fault');
});
