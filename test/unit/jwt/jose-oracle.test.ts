import fc from 'fast-check';
import { compactVerify, importSPKI } from 'jose';
import { describe, expect, it } from 'vitest';
import { ALGORITHMS, isHmac } from '../../../src/jwt/algorithms.ts';
import { base64url, claims, SECRET, signature } from '../../support/tokens.ts';
import { makePair, NOW } from './verifier-setup.ts';

/** RSA and long curves take milliseconds to sign. */
const RUNS = 60;

/** What becomes of a signature on its way. */
const change = fc.oneof(
  fc.constant((bytes: Buffer) => bytes),
  fc.nat().map((at) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    changed[(at >> 3) % bytes.length] =
      (bytes[(at >> 3) % bytes.length] as number) ^ (1 << (at & 7));
    return changed;
  }),
  fc.constant((bytes: Buffer) => bytes.toReversed() as Buffer),
  fc.constantFrom(0, 1, 0xff).map((fill) => (bytes: Buffer) => Buffer.alloc(bytes.length, fill)),
);

/** Signatures are verified by node:crypto, because that is faster; jose goes by Web Crypto. */
describe.each(ALGORITHMS)('%s', (algorithm) => {
  it('is verified as jose does, whatever was signed and by whom', async () => {
    const { signing, key, pem } = await makePair(algorithm);
    const other = await makePair(algorithm);
    const oracle = pem === undefined ? Buffer.from(SECRET) : await importSPKI(pem, algorithm);
    const seen = { true: 0, false: 0 };
    await fc.assert(
      fc.asyncProperty(change, fc.string(), fc.boolean(), async (mangle, sub, isOurs) => {
        const input = `${base64url({ alg: algorithm })}.${base64url(claims(NOW, { sub }))}`;
        const signer = isOurs || isHmac(algorithm) ? signing : other.signing;
        const sent = mangle(signature(algorithm, signer, input));
        const ours = key.verifies(input, sent);
        const theirs = await compactVerify(`${input}.${base64url(sent)}`, oracle).then(
          () => true,
          () => false,
        );
        expect(ours).toBe(theirs);
        seen[`${ours}`]++;
      }),
      // One that passes, whatever is drawn.
      { numRuns: RUNS, examples: [[(bytes) => bytes, 'user', true]] },
    );
    expect(seen.true).toBeGreaterThan(0);
    expect(seen.false).toBeGreaterThan(0);
  });
});
