import type { Fault } from '../domain/claims.ts';
import type { Algorithm } from './algorithms.ts';
import { invalid, type ParsedToken } from './token.ts';

/**
 * Header parameters that no token of ours has: keys that the token brings along (RFC 8725, 3.10),
 * extensions we would have to understand (RFC 7515, 4.1.11; RFC 7797), and those of encryption.
 */
const REFUSED = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'];

/** Explicit types of access tokens (RFC 9068, 2.1), and the general one (RFC 7519, 5.1). */
export const USUAL_TYPES: ReadonlySet<string> = new Set([
  'jwt',
  'at+jwt',
  'application/jwt',
  'application/at+jwt',
]);

const FORBIDDEN_PARAMETER = invalid('header_parameter');
const WRONG_ALGORITHM = invalid('header_alg');
const WRONG_TYPE = invalid('header_typ');
const BAD_KID = invalid('header_kid');

export interface HeaderRules {
  /** `alg` must be one of them. */
  readonly algorithms: readonly Algorithm[];
  /** `typ`, if there is one, must be one of them, in lower case. */
  readonly types: ReadonlySet<string>;
}

/** Undefined when the header may pass. */
export function checkHeader(
  { header }: Pick<ParsedToken, 'header'>,
  rules: HeaderRules,
): Fault | undefined {
  if (!rules.algorithms.includes(header.alg as Algorithm)) return WRONG_ALGORITHM;
  for (const name of REFUSED) if (Object.hasOwn(header, name)) return FORBIDDEN_PARAMETER;
  const { typ, kid } = header;
  if (typ !== undefined && !(typeof typ === 'string' && rules.types.has(typ.toLowerCase()))) {
    return WRONG_TYPE;
  }
  if (kid !== undefined && typeof kid !== 'string') return BAD_KID;
  return undefined;
}
