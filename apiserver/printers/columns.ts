import { groupResource, type ResourceDefinition } from '../../openapi/resources.ts';
import { ageColumn, type Column, nameColumn } from './column.ts';
import { coreColumns } from './core-columns.ts';
import { networkingColumns } from './networking-columns.ts';
import { podColumns } from './pod-columns.ts';
import { workloadColumns } from './workload-columns.ts';

const byResource: Readonly<Record<string, readonly Column[]>> = {
  ...coreColumns,
  ...networkingColumns,
  ...workloadColumns,
  pods: podColumns,
};

/** The columns of a resource, as `kubectl get` shows them (k8s pkg/printers/internalversion/printers.go). */
export function columnsOf(definition: ResourceDefinition): readonly Column[] {
  return byResource[groupResource(definition)] ?? [nameColumn, ageColumn];
}
