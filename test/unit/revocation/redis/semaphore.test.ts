import { expect, it } from 'vitest';
import { Semaphore } from '../../../../src/revocation/redis/semaphore.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('lets so many run at once, and the others in their order, whatever becomes of a task', async () => {
  const semaphore = new Semaphore(2);
  const begun: number[] = [];
  const tasks = Array.from({ length: 5 }, (_, i) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const outcome = semaphore
      .run(() => {
        begun.push(i);
        return promise;
      })
      .catch((error: Error) => error.message);
    return { resolve, reject, outcome };
  });
  await turn();
  expect(begun).toEqual([0, 1]);
  tasks[1]?.reject(new Error('failed'));
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  for (const [i, { resolve }] of tasks.entries()) resolve(i);
  expect(await Promise.all(tasks.map(({ outcome }) => outcome))).toEqual([0, 'failed', 2, 3, 4]);
  expect(await semaphore.run(async () => 'free again')).toBe('free again');
});
