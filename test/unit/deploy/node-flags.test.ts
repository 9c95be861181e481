import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readImage } from '../../support/image.ts';

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const { scripts } = JSON.parse(read('package.json'));
const FLAG = /(?<![\w-])--[a-z][\w-]*(?:=\d+)?/g;

it.each([
  ['npm run serve', scripts.serve],
  ['the bin', read('src/main.ts').split('\n', 1)[0]],
  ['the image', readImage().command.join(' ')],
])('%s gives Node.js the flags that npm start does', (_, command) => {
  const flags = scripts.start.match(FLAG);
  expect(flags).toHaveLength(4);
  expect(command?.match(FLAG)).toEqual(flags);
});
