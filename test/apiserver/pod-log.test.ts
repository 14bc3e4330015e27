import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KubeletProxy } from '../../apiserver/kubelet-proxy.ts';
import { ApiHarness } from './api-harness.ts';
import { PODS, pod } from './objects.ts';

let api: ApiHarness;
afterEach(() => api.close());

async function* lines(...all: string[]): AsyncGenerator<Uint8Array> {
  for (const line of all) yield Buffer.from(`${line}\n`);
}

async function start(kubeletProxy?: KubeletProxy): Promise<void> {
  api = await ApiHarness.start(kubeletProxy ? { kubeletProxy } : {});
  await api.ok('POST', '/api/v1/nodes', {
    metadata: { name: 'node-1' },
    status: {
      addresses: [{ type: 'InternalIP', address: '172.18.0.2' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  });
  await api.ok('POST', PODS, pod('a', { node: 'node-1' }));
}

describe('pods/log', () => {
  it("is what the node's agent answers", async () => {
    const proxy = vi.fn<KubeletProxy>(async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: lines('one', 'two'),
    }));
    await start(proxy);
    const watch = await api.server.handle({
      method: 'GET',
      url: `${PODS}/a/log?follow=true&tailLines=5&pretty=1`,
      headers: {},
      user: { name: 'admin', groups: ['system:masters'] },
    });
    let text = '';
    for await (const chunk of watch.body as AsyncIterable<Uint8Array>) text += Buffer.from(chunk).toString();
    expect(text).toBe('one\ntwo\n');
    expect(proxy).toHaveBeenCalledWith(
      { nodeName: 'node-1', host: '172.18.0.2', port: 10250 },
      '/containerLogs/default/a/main?follow=true&tailLines=5',
      undefined,
    );
  });

  it('says why there is none', async () => {
    await start(async () => {
      throw new Error('connection refused');
    });
    await api.ok('POST', PODS, pod('waiting'));
    expect(await api.fails('GET', `${PODS}/waiting/log`)).toMatchObject({
      code: 400,
      message: 'pod waiting does not have a host assigned',
    });
    expect(await api.fails('GET', `${PODS}/a/log?container=nope`)).toMatchObject({
      code: 400,
      message: 'container nope is not valid for pod a',
    });
    expect(await api.fails('GET', `${PODS}/a/log?tailLines=x`)).toMatchObject({ code: 400 });
    expect(await api.fails('GET', `${PODS}/a/log`)).toMatchObject({
      code: 500,
      message: expect.stringContaining('connection refused'),
    });
  });

  it('is 503 without a way to the nodes', async () => {
    await start();
    expect(await api.fails('GET', `${PODS}/a/log`)).toMatchObject({ code: 503 });
  });
});
