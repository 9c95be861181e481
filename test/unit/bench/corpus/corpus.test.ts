import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CorpusOptions, createCorpus, writeCorpus } from '../../../../bench/corpus/corpus.ts';
import { CheckRequest } from '../../../../src/sources/codec/check-request.ts';

const options: CorpusOptions = {
  ...{ algorithm: 'HS256', tokens: 500, revokedShare: 0.1, expiredShare: 0.05 },
};

describe('createCorpus', () => {
  it('has the mix that is asked for, the same every time, and tokens that all differ', () => {
    const corpus = createCorpus(options);
    const count = (answer: string) =>
      corpus.questions.filter((question) => question.answer === answer).length;
    expect(count('blacklisted')).toBe(corpus.revoked.length);
    expect(count('blacklisted') / 500).toBeCloseTo(0.1, 1);
    expect(count('invalid_token') / 500).toBeCloseTo(0.05, 1);
    expect(new Set(corpus.questions.map(({ token }) => token)).size).toBe(500);
    const again = createCorpus(options);
    expect(again.questions.map(({ answer }) => answer)).toEqual(
      corpus.questions.map(({ answer }) => answer),
    );
  });

  it('makes tokens of about 800 bytes', () => {
    for (const { token } of createCorpus(options).questions.slice(0, 20)) {
      expect(Math.abs(token.length - 800)).toBeLessThan(5);
    }
  });
});

describe('writeCorpus', () => {
  it.each([false, true])('writes records that can be read again, all allowed: %s', async (all) => {
    const corpus = createCorpus({ ...options, tokens: 20 });
    const file = join(tmpdir(), `sluice-corpus-${crypto.randomUUID()}`);
    await writeCorpus(corpus, file, all);
    const bytes = await readFile(file);
    await rm(file);
    const start = bytes.indexOf('\n') + 1;
    const head = JSON.parse(bytes.subarray(0, start).toString());
    let at = start;
    for (const { token, answer } of corpus.questions) {
      const length = bytes.readUInt32LE(at);
      expect(head.answers[bytes.readUInt8(at + 4)].name).toBe(all ? 'allow' : answer);
      const message = bytes.subarray(at + 9, at + 9 + length);
      const check = new CheckRequest(message, { rpcHeader: () => undefined });
      expect(check.header('authorization')).toBe(`Bearer ${token}`);
      const idAt = bytes.readUInt16LE(at + 5);
      expect(message.subarray(idAt, idAt + 36).toString()).toBe(check.header('x-request-id'));
      const parentAt = bytes.readUInt16LE(at + 7);
      const parent = message.subarray(parentAt, parentAt + 16).toString();
      expect(check.header('traceparent')).toContain(`-${parent}-01`);
      at += 9 + length;
    }
    expect(at).toBe(bytes.length);
  });
});
