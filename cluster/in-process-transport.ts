import type { ApiServer } from '../apiserver/create-api-server.ts';
import type { ApiRequest, ApiResponse, ApiTransport } from '../platform/api-transport.ts';

interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Calls an API server in the same process, as one user. */
export function inProcessTransport(server: ApiServer, { name, groups }: User): ApiTransport {
  const user = { name, groups: [...groups, 'system:authenticated'] };
  return {
    request: (request: ApiRequest): Promise<ApiResponse> => server.handle({ ...request, user }),
    close: () => {},
  };
}
