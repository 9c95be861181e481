import type { Call } from '../domain/call.ts';
import { type Decision, type FailureSignal, type Header, refuse } from '../domain/decision.ts';
import { type AllowReason, isAllow, type Reason, reasonNames, reasons } from '../domain/reason.ts';

export type Refusal = Exclude<Reason, AllowReason>;

export interface RefusalOptions {
  /** Origins, exact, whose denials carry CORS headers; empty = none. */
  readonly corsOrigins: readonly string[];
  /** 403, or 401 for clients that refresh their token on it. */
  readonly revokedHttpStatus: 401 | 403;
  readonly failureSignal: FailureSignal;
}

/** Seconds after which a client may try again when the fault is ours. */
const RETRY_AFTER_SEC = '1';

const NO_SCOPES: readonly string[] = [];

const refusalNames = reasonNames.filter((reason): reason is Refusal => !isAllow(reason));

type Book = Readonly<Record<Refusal, Decision>>;

/**
 * Every deny and error, made once: per reason and, where the downstream's Origin is an allowed one,
 * per origin. A refusal under overload is then a look-up in a table.
 */
export class Refusals {
  readonly #options: RefusalOptions;
  readonly #plain: Book;
  readonly #byOrigin: ReadonlyMap<string, Book>;
  /**
   * insufficient_scope names the scopes of the route: per origin ('' = none) and scopes, for as long as
   * there is a requirement that has them.
   */
  readonly #scoped = new Map<string, WeakMap<readonly string[], Decision>>();

  constructor(options: RefusalOptions) {
    this.#options = options;
    this.#plain = this.#book(undefined);
    this.#byOrigin = new Map(options.corsOrigins.map((origin) => [origin, this.#book(origin)]));
  }

  of(reason: Refusal, call: Call): Decision {
    const origin = this.#allowedOrigin(call);
    if (reason === 'insufficient_scope') {
      return this.#insufficientScope(call.requirement?.scopes ?? NO_SCOPES, origin);
    }
    const book = origin === undefined ? this.#plain : this.#byOrigin.get(origin);
    return (book ?? this.#plain)[reason];
  }

  #allowedOrigin(call: Call): string | undefined {
    if (this.#byOrigin.size === 0) return undefined;
    const origin = call.check.header('origin');
    return origin !== undefined && this.#byOrigin.has(origin) ? origin : undefined;
  }

  #insufficientScope(scopes: readonly string[], origin: string | undefined): Decision {
    const byScopes = this.#scoped.get(origin ?? '') ?? new WeakMap<readonly string[], Decision>();
    this.#scoped.set(origin ?? '', byScopes);
    const decision = byScopes.get(scopes) ?? this.#build('insufficient_scope', origin, scopes);
    byScopes.set(scopes, decision);
    return decision;
  }

  #book(origin: string | undefined): Book {
    return Object.fromEntries(
      refusalNames.map((reason) => [reason, this.#build(reason, origin, NO_SCOPES)]),
    ) as Book;
  }

  #build(reason: Refusal, origin: string | undefined, scopes: readonly string[]): Decision {
    const spec = reasons[reason];
    const httpStatus = reason === 'blacklisted' ? this.#options.revokedHttpStatus : spec.httpStatus;
    // A 401 must carry a challenge (RFC 9110, section 15.5.2), also where REVOKED_HTTP_STATUS makes one.
    const challenge = spec.challenge ?? (httpStatus === 401 ? 'invalid_token' : undefined);
    const headers: Header[] = [];
    if (challenge !== undefined) headers.push(['www-authenticate', bearer(challenge, scopes)]);
    if (spec.result === 'error') headers.push(['retry-after', RETRY_AFTER_SEC]);
    if (origin !== undefined) headers.push(...corsHeaders(origin));
    return refuse(reason, { headers, httpStatus, signal: this.#options.failureSignal });
  }
}

/** RFC 6750, section 3: at least one parameter, and no error code when there was no token. */
function bearer(
  challenge: 'none' | 'invalid_token' | 'insufficient_scope',
  scopes: readonly string[],
): string {
  if (challenge === 'none') return 'Bearer realm="api"';
  const scope = scopes.length > 0 ? `, scope="${scopes.join(' ')}"` : '';
  return `Bearer realm="api", error="${challenge}"${scope}`;
}

/** Without these a browser hides the status of a denial from the page that asked. */
function corsHeaders(origin: string): Header[] {
  return [
    ['access-control-allow-origin', origin],
    ['access-control-allow-credentials', 'true'],
    ['access-control-expose-headers', 'WWW-Authenticate, Retry-After'],
    ['vary', 'Origin'],
  ];
}
