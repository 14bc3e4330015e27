import { z } from 'zod';

const PORT = z.int().min(1).max(65_535);

const STATE = z.strictObject({
  /** How long it holds unless it is said again: a kube-proxy that is silent for longer is not healthy. */
  validMs: z.number().positive(),
  /** Whether balancers may choose the node. */
  nodeEligible: z.boolean(),
  /** Where the Services' ports are opened; kube-proxy's own is open at all of the node's addresses. */
  addresses: z.array(z.ipv4()),
  services: z.array(
    z.strictObject({
      namespace: z.string(),
      name: z.string(),
      port: PORT,
      localEndpoints: z.int().min(0),
    }),
  ),
});

/** What a node answers in kube-proxy's name to those who ask for its health and for that of Services. */
export type ProxyHealthState = z.infer<typeof STATE>;

/** A state from JSON, or what is wrong with it. */
export function parseProxyHealth(text: string): ProxyHealthState | Error {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return error as Error;
  }
  const { data, error } = STATE.safeParse(json);
  if (data) return data;
  const [issue] = error.issues;
  return new Error(`${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}
