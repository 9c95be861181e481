import fc from 'fast-check';
import { disagreement, type Subject } from './agreement.ts';
import { messages } from './messages.ts';
import { mutated } from './mutations.ts';
import { seeds } from './seeds.ts';

/** Bytes to decode, some right, some nearly, some not at all. */
export const hostileBytes: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 5, arbitrary: messages },
  { weight: 2, arbitrary: mutated(messages) },
  { weight: 3, arbitrary: mutated(fc.constantFrom(...seeds.values())) },
);

/** That subject and oracle agree on all of them; for `fc.assert` or `fc.check`. */
export function agreement(subject: Subject): fc.IPropertyWithHooks<[Buffer]> {
  return fc.property(hostileBytes, (bytes) => {
    const why = disagreement(subject, bytes);
    if (why !== undefined) throw new Error(`${why}: ${bytes.toString('hex')}`);
  });
}
