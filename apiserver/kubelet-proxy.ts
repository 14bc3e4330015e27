/** How to reach a node's agent: the address and port that its Node names. */
export interface KubeletAddress {
  readonly nodeName: string;
  readonly host: string;
  readonly port: number;
}

export interface KubeletAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Forwards a GET to a node's agent. Rejects when the agent cannot be reached. */
export type KubeletProxy = (
  node: KubeletAddress,
  path: string,
  signal: AbortSignal | undefined,
) => Promise<KubeletAnswer>;
