import { choice, text } from './scalars.ts';

/* The words that a policy is made of. */

export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;

export const algorithms = [
  ...HMAC_ALGORITHMS,
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
] as const;
export const algorithm = choice(...algorithms);

export const VISIBLE = /^[\x21-\x7e]{1,255}$/;
export const word = text('1 to 255 characters of printable ASCII without spaces', VISIBLE);

/** No user and password, which would be logged, and no fragment, which would not be sent. */
export const URL_FORM = /^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[\x21\x22\x24-\x7e]*)?$/;
export const url = text('an https:// URL without user, password and fragment', URL_FORM, /@/);

export const path = text('a path, absolute or from the folder of this file', /^[^\0\r\n]{1,4096}$/);

/** In capitals, as POSIX has them (XBD, section 8.1): a secret in the wrong place is none. */
export const variable = text(
  'the name of an environment variable, in capitals',
  /^[A-Z_][A-Z0-9_]{0,127}$/,
  /^/,
);

/** Restricted names of media types (RFC 6838, section 4.2); `typ` leaves out `application/` (RFC 7515, section 4.1.9). */
export const tokenType = text(
  'a media type such as at+jwt',
  /^([A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/)?[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/,
);

/** RFC 6749, section 3.3. */
export const scope = text('a scope name', /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/);

/** A token of RFC 9110, section 5.6.2; RFC 6265, section 4.1.1, has names of cookies so. */
export const cookieName = text('the name of a cookie', /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,255}$/);

/** Characters that have one spelling in a query alone (RFC 3986, section 2.3). */
export const parameterName = text(
  'the name of a query parameter: letters, digits and - . _ ~',
  /^[0-9A-Za-z._~-]{1,255}$/,
);

/**
 * Those that belong to the connection (RFC 9110, section 7.6.1), that carry credentials, or by which
 * Envoy routes and frames.
 */
const RESERVED = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'http2-settings', 'proxy-authenticate', 'proxy-authorization'],
  ...['host', 'authorization', 'cookie', 'content-length', 'x-envoy-.*'],
];
export const headerName = text(
  'the name of a header in lower case, not one of the connection, host, authorization, cookie, ' +
    'content-length or x-envoy-*',
  new RegExp(`^(?!(${RESERVED.join('|')})$)[!#$%&'*+.^_\`|~0-9a-z-]{1,255}$`),
);

export const claimPath = text(
  'the name of a claim, or names joined by dots',
  /^[\w:-]{1,255}(\.[\w:-]{1,255}){0,7}$/,
);
export const claimName = text('the name of a claim', /^[\x20-\x7e]{1,255}$/);
export const separator = text('1 to 4 characters of printable ASCII', /^[\x20-\x7e]{1,4}$/);

export const policyName = text(
  'a name of letters, digits, - and _',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
);

/** RFC 9110, section 9.1: case counts, and all that are registered are in capitals. */
export const method = text('a method in capitals', /^[A-Z][A-Z0-9_-]{0,31}$/);

const LABEL = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
export const host = text(
  'a host name in lower case without a port, or *. and a suffix',
  new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*$`),
);

/**
 * Segments of RFC 3986, section 3.3, without what upstreams read in more than one way: escapes,
 * parameters, `.` and `..`, nothing between two slashes. A star would look like a wildcard.
 */
const SEGMENT = "(?!\\.\\.?(/|$))[A-Za-z0-9._~!$&'()+,=:@-]+";
const PLAIN = 'normalised: no //, . or .. segments, nor any of % ; ? # \\ * { }';
export const exactPath = text(
  `a path from / on, ${PLAIN}`,
  new RegExp(`^/(${SEGMENT}(/${SEGMENT})*/?)?$`),
);
export const prefixPath = text(
  `a path from / on without a slash at the end, ${PLAIN}`,
  new RegExp(`^/(${SEGMENT}(/${SEGMENT})*)?$`),
);
const STEP = `(${SEGMENT}|\\{[A-Za-z_][A-Za-z0-9_]*\\})`;
export const templatePath = text(
  'a path from / on, where {name} is one segment and a final /** all that follow; otherwise normalised',
  new RegExp(`^(?!/$)(/${STEP})*(/\\*\\*|/)?$`),
);
