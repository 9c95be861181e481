import { attacks } from '../../test/integration/http2/attack-scripts.ts';
import { HARMLESS, workInVain } from './harmless.ts';

/*
 * One attack on 127.0.0.1, by its name and the port, until it is ended:
 *
 *     node bench/attacks/attacker.ts PING 50051
 */

const [, , name, port] = process.argv;
const attack = attacks.find((candidate) => candidate.name === name);
if (attack === undefined && name !== HARMLESS) throw new Error(`no attack is called ${name}`);
attack?.start(Number(port));
process.stdout.write('started\n');
if (attack === undefined) await workInVain();
