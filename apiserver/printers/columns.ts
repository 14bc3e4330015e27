import { groupResource, type ResourceDefinition } from '../../openapi/resources.ts';
import { conversionOf } from '../registry/conversions.ts';
import { accessColumns } from './access-columns.ts';
import { batchColumns } from './batch-columns.ts';
import { ageColumn, type Column, nameColumn } from './column.ts';
import { coreColumns } from './core-columns.ts';
import { extensionColumns } from './extension-columns.ts';
import { networkingColumns } from './networking-columns.ts';
import { podColumns } from './pod-columns.ts';
import { storageColumns } from './storage-columns.ts';
import { workloadColumns } from './workload-columns.ts';

const byResource: Readonly<Record<string, readonly Column[]>> = {
  ...coreColumns,
  ...networkingColumns,
  ...workloadColumns,
  ...batchColumns,
  ...accessColumns,
  ...storageColumns,
  ...extensionColumns,
  pods: podColumns,
};

/** The columns of a resource, as `kubectl get` shows them (k8s pkg/printers/internalversion/printers.go). */
export function columnsOf(definition: ResourceDefinition): readonly Column[] {
  const conversion = conversionOf(definition);
  if (conversion && definition.storedAs) {
    return columnsOf(definition.storedAs).map((each) => ({
      ...each,
      cell: (object, now) => each.cell(conversion.toStored(object), now),
    }));
  }
  return byResource[groupResource(definition)] ?? [nameColumn, ageColumn];
}
