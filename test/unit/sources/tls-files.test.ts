import { appendFile, copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TlsFiles, type TlsMaterial, watchTls } from '../../../src/sources/tls-files.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const REREAD_MS = 10_000;
/** Longer than it takes to read a few files. */
const A_WHILE_MS = 100;

let made: Certificates;
let folder: string;

beforeAll(async () => {
  made = await makeCertificates();
  folder = await mkdtemp(join(tmpdir(), 'sluice-tls-files-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await made[Symbol.asyncDispose]();
});

const read = (...files: readonly string[]) => Promise.all(files.map((file) => readFile(file)));

/** Copies of a pair that is good and an authority, to spoil. */
async function copies(): Promise<Required<TlsFiles>> {
  const place = await mkdtemp(join(folder, 'copies-'));
  const files = {
    certFile: join(place, 'cert.pem'),
    keyFile: join(place, 'key.pem'),
    clientCaFile: join(place, 'ca.pem'),
  };
  await copyFile(made.certFile, files.certFile);
  await copyFile(made.keyFile, files.keyFile);
  await copyFile(made.caFile, files.clientCaFile);
  return files;
}

/** Of another pair, made by the same authority. */
const changeCert = ({ certFile }: TlsFiles) => copyFile(made.clientCertFile, certFile);
const changeKey = ({ keyFile }: TlsFiles) => copyFile(made.clientKeyFile, keyFile);

async function watch(files: TlsFiles) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const applied: TlsMaterial[] = [];
  const stop = await watchTls(files, clock, logger, (material) => applied.push(material));
  const levels = () => logger.lines.map(({ level }) => level);
  return { clock, logger, applied, stop, levels };
}

/** Lines of what nobody may read in a log. */
async function quoted(text: string): Promise<readonly string[]> {
  const contents = await read(made.certFile, made.keyFile, made.clientCertFile, made.caFile);
  const lines = contents.flatMap((content) => content.toString().split('\n'));
  return lines.filter((line) => line.length > 10 && text.includes(line));
}

async function truncate(file: string, bytes: number): Promise<void> {
  const content = await readFile(file);
  await writeFile(file, content.subarray(0, content.length - bytes));
}

describe('the first content', () => {
  it('is applied before the promise resolves', async () => {
    const files = await copies();
    const { applied, clock, levels } = await watch(files);
    const [cert, key, ca] = await read(files.certFile, files.keyFile, files.clientCaFile);
    expect(applied).toEqual([{ cert, key, ca }]);
    expect(clock.pending).toBe(1);
    expect(levels()).toEqual([]);
  });

  it('needs no authorities without mutual TLS', async () => {
    const { certFile, keyFile } = await copies();
    const { applied } = await watch({ certFile, keyFile });
    const [cert, key] = await read(certFile, keyFile);
    expect(applied).toEqual([{ cert, key }]);
  });

  it('may hold several authorities, and words between them', async () => {
    const files = await copies();
    const another = await readFile(made.clientCertFile, 'utf8');
    await appendFile(files.clientCaFile, `\n# another one - of ours\n${another}`);
    const { applied } = await watch(files);
    expect(applied[0]?.ca).toEqual(await readFile(files.clientCaFile));
  });

  it.each([
    ['a certificate that is missing', (files) => rm(files.certFile)],
    ['a key that is missing', (files) => rm(files.keyFile)],
    ['authorities that are missing', (files) => rm(files.clientCaFile)],
    ['a certificate that is empty', (files) => writeFile(files.certFile, '')],
    ['a certificate that is cut off', (files) => truncate(files.certFile, 60)],
    ['a key that is empty', (files) => writeFile(files.keyFile, '')],
    ['a key that is cut off', (files) => truncate(files.keyFile, 40)],
    ['a key of another certificate', changeKey],
    ['authorities that are empty', (files) => writeFile(files.clientCaFile, '')],
    ['authorities that are none', (files) => writeFile(files.clientCaFile, 'none')],
    ['authorities that are a key', (files) => copyFile(files.keyFile, files.clientCaFile)],
    ['authorities that are cut off', (files) => truncate(files.clientCaFile, 30)],
    [
      'authorities of which the last is cut off',
      async (files) => {
        await appendFile(files.clientCaFile, await readFile(files.clientCaFile));
        await truncate(files.clientCaFile, 100);
      },
    ],
    [
      'authorities that are no certificates',
      (files) =>
        writeFile(
          files.clientCaFile,
          '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        ),
    ],
  ] satisfies [string, (files: Required<TlsFiles>) => Promise<void>][])(
    'is refused with %s, in words that name the file and quote nothing',
    async (_, spoil) => {
      const files = await copies();
      await spoil(files);
      const error = await watch(files).then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error).toBeInstanceOf(Error);
      expect(Object.values(files).some((file) => error?.message.includes(file))).toBe(true);
      expect(await quoted(error?.message ?? '')).toEqual([]);
    },
  );
});

describe('a later content', () => {
  it('is applied, told, and not applied again', async () => {
    const files = await copies();
    const { applied, clock, levels } = await watch(files);
    await changeCert(files);
    await changeKey(files);
    clock.advance(REREAD_MS - 1);
    await sleep(A_WHILE_MS);
    expect(applied).toHaveLength(1);
    clock.advance(1);
    await until(() => applied.length === 2);
    const [cert, key, ca] = await read(made.clientCertFile, made.clientKeyFile, made.caFile);
    expect(applied[1]).toEqual({ cert, key, ca });
    clock.advance(REREAD_MS);
    await sleep(A_WHILE_MS);
    expect(applied).toHaveLength(2);
    expect(levels()).toEqual(['info']);
  });

  it('can be taken back', async () => {
    const files = await copies();
    const { applied, clock } = await watch(files);
    await changeCert(files);
    await changeKey(files);
    clock.advance(REREAD_MS);
    await until(() => applied.length === 2);
    await copyFile(made.certFile, files.certFile);
    await copyFile(made.keyFile, files.keyFile);
    clock.advance(REREAD_MS);
    await until(() => applied.length === 3);
    expect(applied[2]).toEqual(applied[0]);
  });

  it('may be other authorities alone', async () => {
    const files = await copies();
    const { applied, clock } = await watch(files);
    await copyFile(made.clientCertFile, files.clientCaFile);
    clock.advance(REREAD_MS);
    await until(() => applied.length === 2);
    expect(applied[1]?.ca).toEqual(await readFile(made.clientCertFile));
  });

  it('is found behind a symbolic link that now leads elsewhere', async () => {
    const before = await copies();
    const after = await copies();
    await changeCert(after);
    await changeKey(after);
    const place = await mkdtemp(join(folder, 'links-'));
    const files = { certFile: join(place, 'cert'), keyFile: join(place, 'key') };
    const link = async (target: TlsFiles) => {
      for (const name of ['certFile', 'keyFile'] as const) {
        await rm(files[name], { force: true });
        await symlink(target[name], files[name]);
      }
    };
    await link(before);
    const { applied, clock } = await watch(files);
    await link(after);
    clock.advance(REREAD_MS);
    await until(() => applied.length === 2);
    expect(applied[1]?.cert).toEqual(await readFile(made.clientCertFile));
  });

  it('is no longer looked for once stopped', async () => {
    const files = await copies();
    const { applied, clock, stop } = await watch(files);
    stop();
    expect(clock.pending).toBe(0);
    await changeCert(files);
    await changeKey(files);
    clock.advance(REREAD_MS);
    await sleep(A_WHILE_MS);
    expect(applied).toHaveLength(1);
  });
});

describe('a content that is half-way', () => {
  it('leaves the old one in use and is warned of once, without quoting it', async () => {
    const files = await copies();
    const { applied, clock, logger, levels } = await watch(files);
    await changeCert(files);
    clock.advance(REREAD_MS);
    await until(() => logger.lines.length === 1);
    clock.advance(3 * REREAD_MS);
    await sleep(A_WHILE_MS);
    expect(levels()).toEqual(['warn']);
    expect(logger.text).toContain(files.certFile);
    expect(await quoted(logger.text)).toEqual([]);
    expect(applied).toHaveLength(1);

    await changeKey(files);
    clock.advance(REREAD_MS);
    await until(() => applied.length === 2);
    expect(levels()).toEqual(['warn', 'info']);
  });

  it('is warned of again when it comes again, or is another', async () => {
    const files = await copies();
    const { applied, clock, logger, levels } = await watch(files);
    const spoiled = async (spoil: () => Promise<void>, lines: number) => {
      await spoil();
      clock.advance(REREAD_MS);
      await until(() => logger.lines.length === lines);
    };
    await spoiled(() => changeCert(files), 1);
    await spoiled(() => writeFile(files.certFile, ''), 2);
    await spoiled(() => rm(files.certFile), 3);

    await copyFile(made.certFile, files.certFile);
    clock.advance(REREAD_MS); // as it was: nothing to say
    await sleep(A_WHILE_MS);
    await spoiled(() => rm(files.certFile), 4);
    expect(levels()).toEqual(['warn', 'warn', 'warn', 'warn']);
    expect(applied).toHaveLength(1);
  });

  it.each(['', 'none', '-----BEGIN CERTIFICATE-----\nAAAA'])(
    'is that of authorities %j',
    async (content) => {
      const files = await copies();
      const { applied, clock, levels } = await watch(files);
      await writeFile(files.clientCaFile, content);
      clock.advance(REREAD_MS);
      await until(() => levels().length === 1);
      expect(levels()).toEqual(['warn']);
      expect(applied).toHaveLength(1);
    },
  );
});

it('what cannot be applied is tried again', async () => {
  const files = await copies();
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  let tries = 0;
  const stop = await watchTls(files, clock, logger, () => {
    tries++;
    if (tries === 2) throw new Error('no');
  });
  await changeCert(files);
  await changeKey(files);
  clock.advance(REREAD_MS);
  await until(() => logger.lines.length === 1);
  clock.advance(REREAD_MS);
  await until(() => logger.lines.length === 2);
  expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  expect(tries).toBe(3);
  stop();
});
