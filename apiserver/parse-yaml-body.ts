import { parseYaml } from '../platform/parse-yaml.ts';
import { errors } from './errors.ts';
import { utf8 } from './parse-json.ts';

/** A body of one YAML document; 400 for anything else. */
export function parseYamlBody(body: Uint8Array): unknown {
  try {
    return parseYaml(utf8(body));
  } catch (error) {
    throw errors.badRequest(error instanceof Error ? error.message : String(error));
  }
}
