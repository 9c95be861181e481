import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateThumbprint } from '../../../../src/sources/codec/certificate.ts';
import { type Certificates, makeCertificates } from '../../../support/certificates.ts';
import { readCheck } from '../../../support/check-parts.ts';
import { attributes, field } from '../../../support/wire.ts';

let certificates: Certificates;
let pem: string;
let thumbprint: string;

beforeAll(async () => {
  certificates = await makeCertificates();
  pem = await readFile(certificates.clientCertFile, 'utf8');
  thumbprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
});
afterAll(() => certificates[Symbol.asyncDispose]());

describe('the thumbprint of a certificate', () => {
  it('is the hash of its DER, as Envoy writes it and as it is', () => {
    expect(certificateThumbprint(encodeURIComponent(pem))).toBe(thumbprint);
    expect(certificateThumbprint(pem)).toBe(thumbprint);
    expect(certificateThumbprint(encodeURIComponent(pem))).toBe(thumbprint);
  });

  it('is not there for what is none', () => {
    for (const text of [
      'x',
      '%',
      '%zz',
      pem.slice(0, 100),
      encodeURIComponent(pem).slice(0, -60),
    ]) {
      expect(certificateThumbprint(text)).toBeUndefined();
    }
  });

  it('is read from the source of a Check', () => {
    const source = field(1, field(5, encodeURIComponent(pem)));
    expect(readCheck(attributes(source)).certificateThumbprint).toBe(thumbprint);
    expect(readCheck(attributes()).certificateThumbprint).toBeUndefined();
    expect(readCheck(attributes(field(1, field(5, '')))).certificateThumbprint).toBeUndefined();
    // The last one counts, as of every field.
    const twice = attributes(field(1, field(5, 'x')), source);
    expect(readCheck(twice).certificateThumbprint).toBe(thumbprint);
  });

  it('is not read from what is broken', () => {
    const broken = readCheck(attributes(field(1, Buffer.from([0x2a, 0x7f, 0x41]))));
    expect(broken.fault).toBe('malformed_request');
    expect(broken.certificateThumbprint).toBeUndefined();
  });
});
