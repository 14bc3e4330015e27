import { z } from 'zod';

const PORT = z.int().min(1).max(65_535);

const STATE = z.strictObject({
  /** How long it holds unless it is said again: a kube-proxy that is silent for longer is not healthy. */
  validMs: z.number().positive(),
  /** Whether balancers may choose the node. */
  nodeEligible: z.boolean(),
  mode: z.string(),
  /** Those that kube-proxy programs the node for. */
  families: z.array(z.enum(['IPv4', 'IPv6'])),
  /** What is opened for Services; kube-proxy's own port is open at all of the node's addresses. */
  services: z.array(
    z.strictObject({
      namespace: z.string(),
      name: z.string(),
      address: z.union([z.ipv4(), z.ipv6()]),
      port: PORT,
      localEndpoints: z.int().min(0),
    }),
  ),
});

/** What a node answers in kube-proxy's name to those who ask for its health and for that of Services. */
export type ProxyHealthState = z.infer<typeof STATE>;

const COUNTS = z.record(z.string(), z.int().min(0));
const ANSWERS = z.strictObject({ healthz: COUNTS, livez: COUNTS });

/** How many answers of each status a node has given. */
export type ProxyHealthAnswers = z.infer<typeof ANSWERS>;

/** A state from JSON, or what is wrong with it. */
export function parseProxyHealth(text: string): ProxyHealthState | Error {
  return parseAs(STATE, text);
}

export function parseProxyHealthAnswers(text: string): ProxyHealthAnswers | Error {
  return parseAs(ANSWERS, text);
}

function parseAs<T>(schema: z.ZodType<T>, text: string): T | Error {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return error as Error;
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return new Error(`${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}
