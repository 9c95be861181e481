import { createSecretKey, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { AUDIENCE, ISSUER, keyPair, SECRET, signedBy } from '../../test/support/tokens.ts';
import { PARENT_ID, readEnvoyCapture, TOKEN } from './envoy.ts';
import { spliceHeader } from './splice.ts';

export const algorithms = ['HS256', 'RS256', 'ES256'] as const;
export type BenchAlgorithm = (typeof algorithms)[number];

export interface CorpusOptions {
  readonly algorithm: BenchAlgorithm;
  /** Distinct ones; each is asked about in turn. */
  readonly tokens: number;
  /** 0 to 1. */
  readonly revokedShare: number;
  readonly expiredShare: number;
}

export interface Corpus {
  readonly options: CorpusOptions;
  /** What a server has to be told to judge these tokens. */
  readonly settings: Readonly<Record<string, string>>;
  /** Ids of revoked tokens. */
  readonly revoked: readonly string[];
  readonly questions: readonly Question[];
}

interface Question {
  readonly token: string;
  readonly answer: keyof typeof answers;
}

/** Right answers: code in CheckResponse.status, HTTP status in denied_response (0 = none). */
const answers = {
  allow: { code: 0, http: 0 },
  blacklisted: { code: 7, http: 403 },
  invalid_token: { code: 16, http: 401 },
} as const;
const answerNames = Object.keys(answers) as (keyof typeof answers)[];

const TOKEN_BYTES = 800;
const DAY_SEC = 86_400;
const SEED = 20_261_125;

interface Key {
  readonly signing: KeyObject;
  readonly setting: string;
}
const keys = new Map<BenchAlgorithm, Key>();

function keyOf(algorithm: BenchAlgorithm): Key {
  let key = keys.get(algorithm);
  if (key === undefined) {
    if (algorithm === 'HS256') {
      key = { signing: createSecretKey(Buffer.from(SECRET)), setting: SECRET };
    } else {
      const { privateKey, pem } = keyPair(algorithm);
      key = { signing: privateKey, setting: pem };
    }
    keys.set(algorithm, key);
  }
  return key;
}

/** Tokens of an identity provider, all different; which of them are revoked or expired is fixed. */
export function createCorpus(options: CorpusOptions, name = 'bench'): Corpus {
  const { algorithm, tokens, revokedShare, expiredShare } = options;
  const key = keyOf(algorithm);
  const now = Math.floor(Date.now() / 1000);
  const random = seededRandom(SEED);
  const revoked: string[] = [];
  const questions = Array.from({ length: tokens }, (_, index): Question => {
    const draw = random();
    const jti = `${name}-${index}`;
    const expired = draw < expiredShare;
    const isRevoked = !expired && draw < expiredShare + revokedShare;
    if (isRevoked) revoked.push(jti);
    const times = expired ? [now - DAY_SEC, now - 3600] : [now, now + DAY_SEC];
    return {
      token: sign(algorithm, key.signing, jti, `user-${index}`, times as [number, number]),
      answer: expired ? 'invalid_token' : isRevoked ? 'blacklisted' : 'allow',
    };
  });
  const settings = {
    AUTH_ALGORITHM: algorithm,
    AUTH_SECRET_KEY: key.setting,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
  };
  return { options, settings, revoked, questions };
}

function sign(
  algorithm: BenchAlgorithm,
  key: KeyObject,
  jti: string,
  sub: string,
  [iat, exp]: readonly [number, number],
): string {
  const identity = { iss: ISSUER, aud: AUDIENCE, sub, jti, iat, exp, provider: 'corporate' };
  const profile = { email: `${sub}@example.com`, scope: 'orders:read orders:write profile' };
  const header = { alg: algorithm, typ: 'at+jwt', kid: 'bench-2026-11' };
  const claims = { ...identity, ...profile, groups: '' };
  const bare = signedBy(algorithm, key, claims, header).length;
  const groups = 'g'.repeat(Math.max(0, Math.floor(((TOKEN_BYTES - bare) * 3) / 4)));
  return signedBy(algorithm, key, { ...claims, groups }, header);
}

/**
 * Writes what the load generator reads (bench/load/corpus.go says how it is laid out). With
 * `allowAll` every check is to be allowed, which is all that an empty server can do.
 */
export async function writeCorpus(corpus: Corpus, file: string, allowAll = false): Promise<void> {
  const records = corpus.questions.map(({ token, answer }) => {
    const message = messageFor(token);
    const places = { requestId: requestIdOffset(message), parentId: message.indexOf(PARENT_ID) };
    return corpusRecord(message, allowAll ? 'allow' : answer, places);
  });
  await writeFile(file, Buffer.concat([corpusHead(), ...records]));
}

/** The line that a corpus begins with. */
export function corpusHead(): Buffer {
  const { settings, first, later } = readEnvoyCapture();
  const list = answerNames.map((name) => ({ name, ...answers[name] }));
  return Buffer.from(`${JSON.stringify({ settings, first, later, answers: list })}\n`);
}

/** One CheckRequest, its right answer, and where ids stand in it that are to be new each time; 0 = nowhere. */
export function corpusRecord(
  message: Buffer,
  answer: keyof typeof answers,
  { requestId, parentId } = { requestId: 0, parentId: 0 },
): Buffer {
  const prefix = Buffer.alloc(9);
  prefix.writeUInt32LE(message.length, 0);
  prefix.writeUInt8(answerNames.indexOf(answer), 4);
  prefix.writeUInt16LE(requestId, 5);
  prefix.writeUInt16LE(parentId, 7);
  return Buffer.concat([prefix, message]);
}

const template = Buffer.from(readEnvoyCapture().message, 'hex');

/** The CheckRequest that Envoy would send for this token. */
export function messageFor(token: string): Buffer {
  return spliceHeader(template, TOKEN, token);
}

function requestIdOffset(message: Buffer): number {
  const name = 'x-request-id';
  return message.indexOf(name) + name.length + 2; // over tag and length of the value
}

export function describeCorpus({ options }: Corpus): string {
  const { algorithm, tokens, revokedShare, expiredShare } = options;
  const share = (part: number) => `${part * 100} %`;
  return (
    `What Envoy ${readEnvoyCapture().envoy} sends for a browser's request with 27 headers, 2 KB, ` +
    `request and trace ids new each time; ${tokens.toLocaleString('en')} distinct ${algorithm} ` +
    `tokens of ${TOKEN_BYTES} bytes, ${share(revokedShare)} revoked, ${share(expiredShare)} expired.`
  );
}

/** Mulberry32: the same sequence every time. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
