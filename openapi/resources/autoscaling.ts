import type * as api from '../generated/types.ts';
import { group } from '../resource-definition.ts';
import { STATUS } from './subresources.ts';

const autoscalingV2 = group('autoscaling', 'v2', 'autoscaling.v2');
const autoscalingV1 = group('autoscaling', 'v1', 'autoscaling.v1');
const policy = group('policy', 'v1', 'policy.v1');

const horizontalPodAutoscalers = autoscalingV2<api.HorizontalPodAutoscaler>('horizontalpodautoscalers', {
  kind: 'HorizontalPodAutoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [STATUS],
});

/** How many pods there are, and how many must be. */
export const autoscalingResources = {
  horizontalpodautoscalers: horizontalPodAutoscalers,
  horizontalpodautoscalersV1: autoscalingV1<api.AutoscalingHorizontalPodAutoscaler>(
    'horizontalpodautoscalers',
    {
      kind: 'HorizontalPodAutoscaler',
      shortNames: ['hpa'],
      categories: ['all'],
      subresources: [STATUS],
      storedAs: horizontalPodAutoscalers,
    },
  ),
  poddisruptionbudgets: policy<api.PodDisruptionBudget>('poddisruptionbudgets', {
    kind: 'PodDisruptionBudget',
    shortNames: ['pdb'],
    subresources: [STATUS],
    generation: true,
  }),
} as const;
