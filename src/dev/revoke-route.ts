import { text } from 'node:stream/consumers';
import { type AdminRoute, send } from '../admin/server.ts';
import { readRevocable } from './revocable.ts';

export const REVOKE_PATH = '/dev/revoke';

const MAX_BODY_BYTES = 16_384;

/** POST with a token as its body: puts it on the denylist. In dev mode only. */
export function revokeRoute(revoke: (jti: string, ttlSec: number) => void): AdminRoute {
  return async (request, response) => {
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return send(response, 405, 'only POST\n');
    }
    if (Number(request.headers['content-length'] ?? Number.NaN) > MAX_BODY_BYTES) {
      return send(response, 413, 'too large for a token\n');
    }
    try {
      const { id: jti, exp } = readRevocable(await text(request));
      revoke(jti, Math.max(exp - Date.now() / 1000, 0));
      send(response, 200, 'revoked\n');
    } catch (error) {
      send(response, 400, `${(error as Error).message}\n`);
    }
  };
}
