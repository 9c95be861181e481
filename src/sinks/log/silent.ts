import type { Logger } from '../../domain/ports.ts';

/** For whoever needs a logger and is no service: what there is to say, is said otherwise. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
