import { expect, it } from 'vitest';
import { UdpFlows } from '../../../agents/wire/udp-flows.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

function build(most = 3) {
  const clock = new VirtualClock();
  const closed: string[] = [];
  const flows = new UdpFlows<string>({ clock, idleMs: 60_000, most, close: (flow) => closed.push(flow) });
  return { clock, closed, flows };
}

it('ends a conversation after a minute of silence, and not before', async () => {
  const { clock, closed, flows } = build();
  flows.add('a', 'A');
  await clock.run(30_000);
  flows.add('b', 'B');
  flows.get('a');
  await clock.run(59_000);
  expect(closed).toEqual([]);
  await clock.run(2_000);
  expect(closed.sort()).toEqual(['A', 'B']);
  expect(flows.size).toBe(0);
});

it('gives the place of the longest silent one to a new one', () => {
  const { closed, flows } = build(2);
  flows.add('a', 'A');
  flows.add('b', 'B');
  flows.get('a');
  flows.add('c', 'C');
  expect(closed).toEqual(['B']);
  expect([flows.get('a'), flows.get('b'), flows.get('c')]).toEqual(['A', undefined, 'C']);
});

it('closes each once', async () => {
  const { clock, closed, flows } = build();
  flows.add('a', 'A');
  flows.closeAll();
  flows.delete('a');
  await clock.run(120_000);
  expect(closed).toEqual(['A']);
});
