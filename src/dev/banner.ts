import type { Ports } from '../run.ts';
import { type Outcome, verdictOf } from './client.ts';
import type { SampleTokens } from './tokens.ts';

/** What dev mode says when it is ready. */
export function banner(ports: Ports, tokens: SampleTokens, outcome: Outcome): string {
  const headers = Object.entries(outcome.headers).map(([name, value]) => `${name}: ${value}`);
  const address = ports.grpc === 50051 ? '' : ` --address 127.0.0.1:${ports.grpc}`;
  const admin = ports.admin === 9090 ? '' : `AUTH_METRICS_PORT=${ports.admin} `;
  return `
Sluice in dev mode: a random key and a denylist in memory. Not for production.

  Check service   127.0.0.1:${ports.grpc}  (gRPC, envoy.service.auth.v3.Authorization)
  Admin           http://127.0.0.1:${ports.admin}/ready, /health, /metrics

One Check, asked over the wire just now:
  GET /hello with VALID  ->  ${verdictOf(outcome)}  ${headers.join('  ')}

Tokens, good for a day or until this ends:
VALID=${tokens.valid}
EXPIRED=${tokens.expired}
REVOKED=${tokens.revoked}

Try, in another terminal, after pasting the three lines above:
  npm run check --${address} $VALID      # allow; deny for $EXPIRED and $REVOKED
  ${admin}npm run revoke -- $VALID     # then check it again: deny
  npm run demo                 # the same behind a real Envoy, with curl

Ready. Ctrl-C ends it.
`;
}
