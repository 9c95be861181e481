import { PREFACE, settings, settingsAck } from './frames.ts';

/** What is sent, by name. */
export type Cases = Readonly<Record<string, readonly Buffer[]>>;

/** What the servers allow. */
export const MAX_STREAMS = 8;
/** Stands before what is sent when all before it has been answered. */
export const LATER = Buffer.alloc(0);
export const HELLO: Buffer = Buffer.concat([PREFACE, settings(), settingsAck]);
