import { expect, it } from 'vitest';
import { aggregateRules } from '../../../controllers/cluster-role-aggregation/aggregate-rules.ts';

const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
const role = (name: string, labels: Record<string, string>, ...resources: string[]) => ({
  metadata: { name, labels },
  rules: resources.map(rule),
});

it('gathers the rules of the selected roles by name, each once, and none of its own', () => {
  const gathering = {
    metadata: { name: 'view', labels: { view: 'true' } },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { view: 'true' } }] },
    rules: [rule('old')],
  };
  const all = [
    role('b', { view: 'true' }, 'pods', 'services'),
    role('a', { view: 'true' }, 'pods'),
    role('c', {}, 'secrets'),
    gathering,
  ];
  expect(aggregateRules(gathering, all)).toEqual([rule('pods'), rule('services')]);
});
