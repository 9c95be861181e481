import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { afterEach, describe, expect, it } from 'vitest';
import { LineBuffer } from '../../../../src/sinks/log/line-buffer.ts';
import { until } from '../../../support/until.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-lines-'));
  cleanUps.push(() => rmSync(path, { recursive: true }));
  return path;
}

/** A buffer without the hook that a process has for its end: there would be one for every test. */
function bufferOf(fd: number): LineBuffer {
  const before = process.listeners('exit');
  const buffer = new LineBuffer(fd);
  for (const listener of process.listeners('exit')) {
    if (!before.includes(listener)) process.off('exit', listener);
  }
  return buffer;
}

function toFile() {
  const file = join(folder(), 'log');
  const fd = openSync(file, 'w');
  cleanUps.push(() => closeSync(fd));
  return { buffer: bufferOf(fd), written: () => readFileSync(file, 'utf8') };
}

/** A pipe that does not block: `read` takes what is in it, `leave` closes the reader's end. */
function toPipe() {
  const file = join(folder(), 'pipe');
  execFileSync('mkfifo', [file]);
  const reader = openSync(file, O_RDONLY | O_NONBLOCK);
  const writer = openSync(file, O_WRONLY | O_NONBLOCK);
  cleanUps.push(() => closeSync(writer));
  const decoder = new StringDecoder();
  let text = '';
  const read = (): string => {
    const chunk = Buffer.alloc(65_536);
    try {
      for (let n = 1; n > 0; ) {
        n = readSync(reader, chunk);
        text += decoder.write(chunk.subarray(0, n));
      }
    } catch {
      // There is no more for now.
    }
    return text;
  };
  return { buffer: bufferOf(writer), read, leave: () => closeSync(reader) };
}

const line = (n: number) => `{"line":${n},"text":"${'x'.repeat(80)}"}\n`;
const linesFrom = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => line(from + i));

describe('LineBuffer', () => {
  it('gathers, and writes out at the end', () => {
    const { buffer, written } = toFile();
    for (const each of linesFrom(0, 3)) buffer.write(each);
    expect(written()).toBe('');
    buffer.close();
    expect(written()).toBe(linesFrom(0, 3).join(''));
    buffer.write(line(3));
    buffer.close();
    expect(written()).toBe(linesFrom(0, 4).join(''));
  });

  it('writes out by itself once there is much, and after a while', async () => {
    const { buffer, written } = toFile();
    const lines = linesFrom(0, 200);
    for (const each of lines) buffer.write(each);
    await until(() => written().length > 8_000);
    await until(() => written() === lines.join(''));
  });

  it('keeps the order, and every byte, while the reader is slow', async () => {
    const { buffer, read } = toPipe();
    const text = linesFrom(0, 3_000).join('').replaceAll('x', 'ä');
    for (const each of text.split(/(?<=\n)/)) buffer.write(each);
    await until(() => read().length >= text.length);
    expect(read()).toBe(text);
  }, 20_000);

  it('drops lines, and no part of one, while the reader has stopped', async () => {
    const { buffer, read } = toPipe();
    for (const each of linesFrom(0, 100_000)) buffer.write(each);
    const kept = linesFrom(0, 100_000 - buffer.lost.value).join('');
    expect(buffer.lost.value).toBeGreaterThan(0);
    await until(() => read().length >= kept.length);
    expect(read()).toBe(kept);
  }, 20_000);

  it('ends although the reader has stopped', () => {
    const { buffer } = toPipe();
    for (const each of linesFrom(0, 20_000)) buffer.write(each);
    buffer.close();
  }, 20_000);

  it('ends although the reader has gone', async () => {
    const { buffer, leave } = toPipe();
    buffer.write(line(0));
    leave();
    buffer.close();
    for (const each of linesFrom(0, 1_000)) buffer.write(each);
    await new Promise((resolve) => setImmediate(resolve));
    buffer.close();
  });

  it('counts what a reader that has gone did not take', async () => {
    const { buffer, leave } = toPipe();
    leave();
    for (const each of linesFrom(0, 200)) buffer.write(each);
    await until(() => buffer.lost.value === 200);
  });

  it('writes out by itself what came while it was writing', async () => {
    const { buffer, written } = toFile();
    const lines = linesFrom(0, 82);
    for (const each of lines) buffer.write(each);
    buffer.write(line(82));
    await until(() => written() === [...lines, line(82)].join(''));
  });

  it('writes out what is there when the process ends', () => {
    const before = process.listeners('exit');
    const file = join(folder(), 'log');
    const fd = openSync(file, 'w');
    new LineBuffer(fd).write(line(0));
    const [hook] = process.listeners('exit').filter((listener) => !before.includes(listener));
    hook?.call(process, 0);
    closeSync(fd);
    expect(readFileSync(file, 'utf8')).toBe(line(0));
  });
});
