import { expect, it } from 'vitest';
import { ApiHarness } from './api-harness.ts';

it('Events go an hour after their last change', async () => {
  const api = await ApiHarness.start();
  const url = '/api/v1/namespaces/default/events';
  const event = (name: string): object => ({
    metadata: { name },
    involvedObject: { namespace: 'default', name: 'x' },
  });
  await api.ok('POST', url, event('old'));
  await api.clock.run(30 * 60_000);
  await api.ok('POST', url, event('young'));
  await api.clock.run(40 * 60_000);
  const { items } = await api.ok('GET', url);
  expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['young']);
  await api.close();
});
