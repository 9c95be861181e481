import { attacks } from '../../test/integration/http2/attack-scripts.ts';

/*
 * One attack on 127.0.0.1, by its name and the port, until it is ended:
 *
 *     node bench/attacks/attacker.ts 'PING flood' 50051
 */

const [, , name, port] = process.argv;
const attack = attacks.find((candidate) => candidate.name === name);
if (attack === undefined) throw new Error(`no attack is called ${name}`);
attack.start(Number(port));
process.stdout.write('started\n');
