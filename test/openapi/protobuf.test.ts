import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, it } from 'vitest';
import { DecodeError, decodeJson } from '../../openapi/decode-json.ts';
import { decodeMessage, encodeMessage } from '../../openapi/protobuf.ts';
import {
  openEnvelope,
  sealList,
  sealMessage,
  unframed,
  watchFrame,
} from '../../openapi/protobuf-envelope.ts';
import { allResources, groupVersion } from '../../openapi/resources.ts';
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
    const object = { metadata: { name: 'a' }, data: { x: '1' } };
    const { bytes, raw } = sealMessage('core.v1.ConfigMap', 'v1', 'ConfigMap', object);
    const opened = openEnvelope(bytes);
    expect(opened).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(Buffer.from(raw)).toEqual(Buffer.from(opened.raw));
    expect(decodeMessage('core.v1.ConfigMap', raw)).toEqual(object);
  });

  it.each(
    allResources.filter(({ stored }) => stored).map((definition) => [definition.kind, definition] as const),
  )(
    'carries a %s with every field set through lists and watch events',
    (kind, { message, ...definition }) => {
      const apiVersion = groupVersion(definition);
      const sample = sampleObject(message);
      const one = sealMessage(message, apiVersion, kind, sample);
      const list = openEnvelope(
        sealList(apiVersion, `${kind}List`, { resourceVersion: '7', continue: 'x' }, [one.raw, one.raw]),
      );
      expect(list).toMatchObject({ apiVersion, kind: `${kind}List` });
      const listed = decodeMessage(`${message}List`, list.raw);
      expect(listed).toEqual({
        metadata: { resourceVersion: '7', continue: 'x' },
        items: [sample, sample],
      });
      const chunk = Buffer.concat([watchFrame('ADDED', one.bytes), watchFrame('DELETED', one.bytes)]);
      const events = [...unframed(chunk)].map(readWatchEvent);
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
      expect(decodeMessage(message, openEnvelope(events[0]!.object).raw)).toEqual(sample);
    },
  );

  it('refuses hostile bytes with an error of its own', () => {
    const whole = sealMessage('core.v1.Pod', 'v1', 'Pod', sampleObject('core.v1.Pod')).bytes;
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

/** metav1.WatchEvent read by hand: its object is bytes here, not JSON. */
function readWatchEvent(bytes: Uint8Array): { type: string; object: Uint8Array } {
  const reader = protobuf.Reader.create(bytes);
  expect(reader.uint32()).toBe(0x0a);
  const type = reader.string();
  expect(reader.uint32()).toBe(0x12);
  const extension = protobuf.Reader.create(reader.bytes());
  expect(extension.uint32()).toBe(0x0a);
  const object = extension.bytes();
  expect(reader.pos).toBe(reader.len);
  return { type, object };
}

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
