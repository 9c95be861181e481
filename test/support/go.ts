import { onPath } from '../../scripts/lib/run.ts';
import { skipped } from './tools.ts';

/** Whether programs in Go cannot be built, for `describe.skipIf`; where CI=true it throws instead. */
export const missingGo = (): boolean => onPath('go') === undefined && skipped('no go on the PATH');
