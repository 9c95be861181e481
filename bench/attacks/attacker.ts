import { setImmediate as nextTurn } from 'node:timers/promises';
import { attacks, floods } from '../../test/integration/http2/attack-scripts.ts';

/*
 * One attack on 127.0.0.1, by its name and the port, until it is ended; any other name: as much work,
 * and nothing is sent.
 *
 *     node bench/attacks/attacker.ts PING 50051
 */

const [, , name, port] = process.argv;
const attack = attacks.find((candidate) => candidate.name === name);
attack?.start(Number(port));
process.stdout.write('started\n');
if (attack === undefined) {
  for (let n = 0; ; n++) {
    floods.rapidReset.wave?.(n);
    await nextTurn();
  }
}
