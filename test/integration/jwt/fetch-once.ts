import { systemClock } from '../../../src/domain/clock.ts';
import { jwksFetcher } from '../../../src/jwt/fetch-keys.ts';
import { wordsOf } from '../../../src/jwt/key-set-error.ts';

/** A process of its own, because authorities are read once. Says what each URL gave. */
const loaded = (process as unknown as { moduleLoadList: readonly string[] }).moduleLoadList;

for (const url of process.argv.slice(2)) {
  const fetch = jwksFetcher(url, { allowHttp: false }, systemClock);
  const told = await fetch(new AbortController().signal).then(
    ({ body }) => Buffer.from(body).toString(),
    wordsOf,
  );
  console.log(told);
}
console.log(`undici: ${loaded.some((name) => name.includes('undici'))}`);
