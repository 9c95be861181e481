import type { Script } from '../../../test/support/scripted-redis.ts';
import { until } from '../../../test/support/until.ts';
import type { Expectations, Fault, Group } from '../fault.ts';
import { type ScriptedRig, scriptedRig } from '../rigs.ts';

const GONE: Expectations = { redis: 'gone' };
const TEN_MB = 10_485_760;
/** Four connections hold one each, as pieces, as a whole and as text. */
const HUGE_GROWTH_MIB = 192;

/**
 * What is asked about tokens is answered by a script. The probe is answered well, or the connection
 * would not be used and nobody would see what comes of the answer.
 */
function scripted(name: string, script: Script, expect = GONE): Fault<ScriptedRig> {
  return {
    ...{ name, expect },
    async inject({ redis }) {
      redis.script = (command, truth, position) => {
        const isAsked = command[0] === 'exists' && !isProbe(command[1]);
        return isAsked ? script(command, truth, position) : truth;
      };
    },
    async heal({ redis }) {
      redis.script = undefined;
    },
  };
}

const isProbe = (key: string | undefined): boolean => key?.includes('probe') === true;

const always = (reply: string | Buffer) => () => reply;
const error = (text: string) => scripted(text.split(' ', 1)[0] as string, always(`-${text}\r\n`));

const huge = Buffer.from(`$${TEN_MB}\r\n${'0'.repeat(TEN_MB)}\r\n`);

/** Of a type or a value that EXISTS does not have. */
export const oddReplies: readonly Fault<ScriptedRig>[] = [
  scripted('nil', always('$-1\r\n')),
  scripted('a string', always('$1\r\n0\r\n')),
  scripted('a status', always('+OK\r\n')),
  scripted('an array', always('*1\r\n:0\r\n')),
  scripted('an empty array', always('*0\r\n')),
  scripted('a negative integer', always(':-1\r\n')),
  scripted('a huge integer', always(':9223372036854775807\r\n')),
];

export const errorReplies: readonly Fault<ScriptedRig>[] = [
  error('LOADING Redis is loading the dataset in memory'),
  error("READONLY You can't write against a read only replica."),
  error('MASTERDOWN Link with MASTER is down'),
  error("OOM command not allowed when used memory > 'maxmemory'."),
  error('NOPERM this user has no permissions'),
  error('CLUSTERDOWN The cluster is down'),
  error('TRYAGAIN Multiple keys request during rehashing of slot'),
  error('MOVED 1234 127.0.0.1:1'),
  error('ASK 1234 127.0.0.1:1'),
];

/** Each packet of commands has its first `replies` answered, and the connection then ends. */
const cutAfter = (replies: number): Fault<ScriptedRig> =>
  scripted(`cut after reply ${replies} of a packet`, (_, truth, position) =>
    position < replies ? truth : { last: '' },
  );

export const brokenOff: readonly Fault<ScriptedRig>[] = [
  { ...cutAfter(1), expect: { redis: 'poor' } },
  cutAfter(0),
  scripted('cut before the end of a reply', (_, truth) => ({ last: truth.slice(0, 2) })),
];

/** Of each packet of commands one. */
export const tenMegabytes = scripted(
  'a reply of 10 MB',
  (_, truth, position) => (position === 0 ? huge : truth),
  { redis: 'poor', growthMiB: HUGE_GROWTH_MIB },
);

/** A reply of 10 MB that comes a packet at a time: the time-out has to count for all of it. */
const endless = scripted('a reply without an end', () => `$${TEN_MB}\r\n0`);

/** Connections there are fall silent, new ones are served: there is nothing to heal. */
export const halfOpen: Fault<ScriptedRig> = {
  name: 'half-open connections',
  expect: { redis: 'poor' },
  inject: async ({ redis }) => redis.freeze(),
  heal: async () => undefined,
};

/** The same while nobody asks: they have to be replaced all the same, or the next checks would hang. */
export const halfOpenUnasked: Fault<ScriptedRig> = {
  name: 'half-open connections while nobody asks',
  expect: { redis: 'poor' },
  async inject({ redis }, { load }) {
    load.pause();
    redis.freeze();
  },
  async heal({ redis }, { load }) {
    await until(() => redis.connections > 0);
    load.resume();
  },
};

export const replies: Group<ScriptedRig> = {
  name: 'replies',
  start: scriptedRig,
  faults: [
    ...oddReplies,
    ...errorReplies,
    ...brokenOff,
    tenMegabytes,
    endless,
    halfOpen,
    halfOpenUnasked,
  ],
};
