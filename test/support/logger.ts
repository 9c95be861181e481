import type { Logger } from '../../src/domain/ports.ts';

/** Keeps what was logged. */
export class RecordingLogger implements Logger {
  readonly lines: { level: string; fields: object; message: string }[] = [];

  /** Everything, as text. */
  get text(): string {
    return this.lines.map((line) => JSON.stringify(line)).join('\n');
  }

  debug = this.#at('debug');
  info = this.#at('info');
  warn = this.#at('warn');
  error = this.#at('error');

  #at(level: string) {
    return (fields: object, message: string) => void this.lines.push({ level, fields, message });
  }
}
