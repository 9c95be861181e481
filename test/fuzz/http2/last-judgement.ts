import { CheckRequest, TooLargeRequest } from '../../../src/sources/codec/check-request.ts';
import { answerTo, questionOf } from './answers.ts';
import type { ClientModel } from './client-model.ts';
import type { ServerJudge } from './server-judge.ts';
import type { Asked, TwinHost } from './twin-host.ts';

/** What a byte of input may cost in output, answers left aside: a refusal to a head of few bytes. */
const MAX_BYTES_PER_BYTE = 40;
const ASKED_METADATA = ['x-request-id', 'x-table', 'x-empty', 'authorization'];
const noHeaders = { rpcHeader: () => undefined };
const TOO_LARGE = questionOf(new TooLargeRequest(noHeaders));

/** All that had a part in a session. */
export interface Parties {
  readonly client: ClientModel;
  readonly judge: ServerJudge;
  readonly host: TwinHost;
}

function check(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}

/** Whether nobody works for a stream that has gone. */
export function judgeCancels({ client, judge, host }: Parties): void {
  for (const { id, question } of host.open) {
    const isReset = judge.streams.get(id)?.state === 'reset';
    check(!isReset, `stream ${id} was reset, and "${question}" is still open`);
    const isCancelled = client.streams.get(id)?.isReset === true;
    check(!isCancelled, `"${question}" was cancelled, and is still open`);
  }
}

/** Whether every Check is one that was sent, and on a connection that `isGoing` has all its answer. */
export function judgeAnswers({ client, judge, host }: Parties, isGoing: boolean): void {
  for (const asked of host.asked) {
    const { id, question, call } = asked;
    judgeQuestion(client, host, asked);
    const stream = judge.streams.get(id);
    const isOver = client.streams.get(id)?.isReset === true || stream?.state === 'reset';
    if (!isGoing || isOver || call.decision === undefined) continue;
    check(stream?.state === 'ended', `stream ${id}: "${question}" is not answered`);
    const isWhole = stream.data.length > 0 === (answerTo(question).data !== undefined);
    check(isWhole, `stream ${id}: "${question}" has an answer of another kind`);
  }
}

function judgeQuestion(client: ClientModel, host: TwinHost, { id, question, call }: Asked): void {
  const stream = client.streams.get(id);
  const message = stream?.message;
  check(message !== undefined, `a Check that nobody sent: "${question}"`);
  for (const name of ASKED_METADATA) {
    const isSame = call.check.rpcHeader(name) === stream?.fields?.get(name);
    check(isSame, `"${question}" came with another ${name}`);
  }
  const isRead = question === questionOf(new CheckRequest(message, noHeaders));
  const isUnread = host.isPinched || message.length > host.maxKeptBytes;
  check(isRead || (isUnread && question === TOO_LARGE), `not what was asked: "${question}"`);
}

/** Whether as little was said as becomes what was heard. */
export function judgeAmount({ host }: Parties, inputBytes: number, outputBytes: number): void {
  // Descriptions are long, and may be asked for often.
  if (host.served.size > 0) return;
  const answers = host.asked.map(({ question }) => answerTo(question).data?.length ?? 0);
  const most = answers.reduce((sum, bytes) => sum + bytes + 200, 4_096);
  const isModest = outputBytes <= most + MAX_BYTES_PER_BYTE * inputBytes;
  check(isModest, `${outputBytes} bytes for ${inputBytes}`);
}
