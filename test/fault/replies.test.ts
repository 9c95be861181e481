import { describe } from 'vitest';
import {
  brokenOff,
  errorReplies,
  halfOpen,
  halfOpenUnasked,
  oddReplies,
  tenMegabytes,
} from '../../bench/chaos/faults/replies.ts';
import { scriptedRig } from '../../bench/chaos/rigs.ts';
import { tryFaults } from './tried.ts';

describe('Redis replies with', () => {
  tryFaults(scriptedRig, [...oddReplies, ...errorReplies, tenMegabytes]);
});

describe('Redis breaks off:', () => {
  tryFaults(scriptedRig, [...brokenOff, halfOpen, halfOpenUnasked]);
});
