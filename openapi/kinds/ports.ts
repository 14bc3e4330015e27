import type { Faults } from '../faults.ts';
import { portNameFault } from './names.ts';

export const MAX_PORT = 65_535;

export function validatePort(port: number, at: string, faults: Faults): void {
  if (port < 1 || port > MAX_PORT) faults.invalid(at, port, `must be between 1 and ${MAX_PORT}, inclusive`);
}

/** A port by number or by the name of a container's port. */
export function validatePortReference(port: number | string | undefined, at: string, faults: Faults): void {
  if (port === undefined) return faults.required(at);
  if (typeof port === 'number') return validatePort(port, at, faults);
  const fault = portNameFault(port);
  if (fault !== undefined) faults.invalid(at, port, fault);
}
