import { describe, expect, it } from 'vitest';
import { Floods } from '../../../../src/sources/http2/floods.ts';

const START = 5_000;
const RESET_BURST = 2_000;
const RESETS_PER_SEC = 500;
const PREMATURE_MS = 20;
const CONTROL_BURST = 10_000;
const CONTROLS_PER_SEC = 1_000;

/** How often something is borne before it is a flood; at most `most`. */
function borne(happen: () => boolean, most = 1_000_000): number {
  let count = 0;
  while (count < most && happen()) count++;
  return count;
}

describe('resets', () => {
  it('are a flood when there are too many at once, whoever sends them', () => {
    const [byPeer, byUs, mixed] = [new Floods(START), new Floods(START), new Floods(START)];
    expect(borne(() => byPeer.resetByPeer(START, START))).toBe(RESET_BURST);
    expect(borne(() => byUs.resetByUs(START, false))).toBe(RESET_BURST);
    let turn = 0;
    const either = () =>
      turn++ % 2 === 0 ? mixed.resetByUs(START, false) : mixed.resetByPeer(START, START);
    expect(borne(either)).toBe(RESET_BURST);
  });

  it('count ten times when they are for what the protocol does not allow', () => {
    const floods = new Floods(START);
    expect(borne(() => floods.resetByUs(START, true))).toBe(RESET_BURST / 10);
  });

  it('are borne again after a while', () => {
    const floods = new Floods(START);
    borne(() => floods.resetByUs(START, false));
    expect(borne(() => floods.resetByUs(START + 1_000, false))).toBe(RESETS_PER_SEC);
  });

  it('are borne by the share of streams that were answered', () => {
    const floods = new Floods(START);
    const answerAndReset = () => {
      floods.answered();
      return floods.resetByPeer(START, START);
    };
    expect(borne(answerAndReset, 10 * RESET_BURST)).toBe(10 * RESET_BURST);
    floods.answered();
    expect(borne(() => floods.resetByPeer(START, START))).toBe(RESET_BURST);
  });

  it('of streams that have lived for a while cost nothing', () => {
    const now = START + PREMATURE_MS;
    const floods = new Floods(now);
    expect(borne(() => floods.resetByPeer(START, now), 2 * RESET_BURST)).toBe(2 * RESET_BURST);
    expect(borne(() => floods.resetByPeer(START + 1, now))).toBe(RESET_BURST);
    expect(floods.resetByPeer(START, now)).toBe(true);
  });
});

describe('frames that carry no request', () => {
  it('are a flood when there are too many at once', () => {
    const floods = new Floods(START);
    expect(borne(() => floods.control(START, 1))).toBe(CONTROL_BURST);
    expect(floods.control(START, 1)).toBe(false);
  });

  it('are borne again after a while', () => {
    const floods = new Floods(START);
    borne(() => floods.control(START, 1));
    expect(borne(() => floods.control(START + 2_000, 1))).toBe(2 * CONTROLS_PER_SEC);
  });

  it('are borne where there are answers: a few for each', () => {
    const floods = new Floods(START);
    borne(() => floods.control(START, 1));
    floods.answered();
    floods.answered();
    expect(borne(() => floods.control(START, 1))).toBe(16);
  });

  it('count for as many as they take as long as', () => {
    const floods = new Floods(START);
    expect(borne(() => floods.control(START, 100))).toBe(CONTROL_BURST / 100);
  });

  it('do not count with resets', () => {
    const floods = new Floods(START);
    borne(() => floods.control(START, 1));
    expect(borne(() => floods.resetByUs(START, false))).toBe(RESET_BURST);
  });
});

describe('requests with too many headers', () => {
  it('are a flood when there are some at once, and borne again after a while', () => {
    const floods = new Floods(START);
    expect(borne(() => floods.largeHead(START))).toBe(4);
    expect(borne(() => floods.largeHead(START + 2_000))).toBe(2);
  });
});
