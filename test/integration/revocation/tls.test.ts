import { describe, expect, it } from 'vitest';
import { makeCertificates } from '../../support/certificates.ts';
import { startSluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';

/* In a process of its own: Node.js takes NODE_EXTRA_CA_CERTS at its start. */

describe.skipIf(missing('valkey'))('a rediss:// URL', () => {
  it('is served over TLS, as a user with a password', async () => {
    await using certificates = await makeCertificates();
    const { caFile, certFile, keyFile } = certificates;
    await using valkey = await startValkey({
      tls: { certFile, keyFile },
      config: ['user app on >p@ss:word ~blacklist:* +exists'],
    });
    const password = encodeURIComponent('p@ss:word');
    await using sluice = await startSluice({
      AUTH_REDIS_URL: `rediss://app:${password}@127.0.0.1:${valkey.port}`,
      NODE_EXTRA_CA_CERTS: caFile,
    });
    await until(async () => (await sluice.ready()).status === 200);
    expect(sluice.log).not.toMatch(/p@ss|p%40ss/);
  });

  it('is not served by a server that nobody vouches for', async () => {
    await using certificates = await makeCertificates();
    const { certFile, keyFile } = certificates;
    await using valkey = await startValkey({ tls: { certFile, keyFile } });
    await using sluice = await startSluice({ AUTH_REDIS_URL: valkey.url });
    await until(() => sluice.log.includes('UNABLE_TO_VERIFY_LEAF_SIGNATURE'));
    expect((await sluice.ready()).body.status).toBe('not_ready');
  });
});
