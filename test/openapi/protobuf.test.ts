import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, decodeJson } from '../../openapi/decode-json.ts';
import { decodeMessage, encodeMessage, openEnvelope, sealEnvelope } from '../../openapi/protobuf.ts';
import { allResources } from '../../openapi/resources.ts';
import { sampleObject } from './sample-object.ts';

describe('protobuf', () => {
  it.each(allResources.map(({ kind, message }) => [kind, message]))(
    'carries a %s with every field set',
    (_kind, message) => {
      const sample = sampleObject(message);
      expect(decodeMessage(message, encodeMessage(message, sample))).toEqual(sample);
    },
  );

  it('leaves out what Go writes for fields that nobody set, and keeps set zeros', () => {
    const bytes = encodeMessage('apps.v1.Deployment', {
      metadata: { name: 'web', generateName: '', generation: 0 },
      spec: { replicas: 0, minReadySeconds: 0, paused: false, template: {} },
    });
    expect(decodeMessage('apps.v1.Deployment', bytes)).toEqual({
      metadata: { name: 'web' },
      spec: { replicas: 0, template: {} },
    });
  });

  it('reads back its own envelope', () => {
    const raw = encodeMessage('core.v1.ConfigMap', { metadata: { name: 'a' }, data: { x: '1' } });
    const opened = openEnvelope(sealEnvelope('v1', 'ConfigMap', raw));
    expect(opened).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(decodeMessage('core.v1.ConfigMap', opened.raw)).toEqual({
      metadata: { name: 'a' },
      data: { x: '1' },
    });
  });

  it('refuses hostile bytes with an error of its own', () => {
    const whole = sealEnvelope('v1', 'Pod', encodeMessage('core.v1.Pod', sampleObject('core.v1.Pod')));
    const decode = (bytes: Uint8Array): void => {
      try {
        decodeMessage('core.v1.Pod', openEnvelope(bytes).raw);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    };
    for (let length = 0; length < whole.length; length += 7) decode(whole.subarray(0, length));
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: whole.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, byte) => {
          const changed = Uint8Array.from(whole);
          changed[at] = byte;
          decode(changed);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('does not follow nested groups without end', () => {
    // Field 15 is none of a pod's; wire type 3 opens a group.
    expect(() => decodeMessage('core.v1.Pod', new Uint8Array(1_000_000).fill(0x7b))).toThrow(DecodeError);
  });
});

describe('decodeJson', () => {
  it.each(allResources.map(({ kind, message }) => [kind, message]))(
    'accepts a %s with every field set, unchanged',
    (_kind, message) => {
      const sample = sampleObject(message);
      const decoded = decodeJson(message, JSON.parse(JSON.stringify(sample)));
      expect(decoded.unknownFields).toEqual([]);
      expect(decoded.object).toEqual(sample);
    },
  );
});
