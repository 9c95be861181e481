import { envoySession, nodeSession } from './recorded-sessions.ts';
import { written } from './written-sessions.ts';

/** What a client says, frame by frame; the preface comes first. */
export type Session = readonly Buffer[];

/** Sessions of clients that mean well, by name. */
export const sessions: ReadonlyMap<string, Session> = new Map([
  ...Object.entries(written),
  ['Envoy', envoySession()],
  ['Node', await nodeSession()],
]);
