import { setImmediate as nextTurn } from 'node:timers/promises';
import { floods } from '../../test/integration/http2/attack-scripts.ts';

/** What attacks are compared with: the generator shares its core with somebody in any case. */
export const HARMLESS = 'a peer that sends nothing';

/** Makes up what a flood sends, without end. */
export async function workInVain(): Promise<never> {
  for (let n = 0; ; n++) {
    floods.rapidReset.wave?.(n);
    await nextTurn();
  }
}
