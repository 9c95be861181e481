/**
 * Why a Redis that answers is not fit to be believed:
 *
 *     is_replica    it may be behind: a revocation that its master has taken is not there yet
 *     evicts_keys   when its memory is full it drops keys, and so revokes no longer
 */
export type Concern = 'is_replica' | 'evicts_keys';

/** What INFO said, as far as it was asked and allowed. */
export interface Info {
  /** Section "replication". */
  readonly replication: string | undefined;
  /** Section "memory". */
  readonly memory: string | undefined;
}

/** Undefined: what it takes to tell is not there, because INFO is forbidden or says something else. */
export function concernsOf({ replication, memory }: Info): readonly Concern[] | undefined {
  const role = fieldOf(replication, 'role');
  const policy = fieldOf(memory, 'maxmemory_policy');
  const limit = fieldOf(memory, 'maxmemory');
  if (role === undefined || policy === undefined || limit === undefined) return undefined;
  const concerns: Concern[] = [];
  if (role !== 'master') concerns.push('is_replica');
  if (policy !== 'noeviction' && limit !== '0') concerns.push('evicts_keys');
  return concerns;
}

/** Of lines `name:value`, as INFO has them. */
function fieldOf(section: string | undefined, name: string): string | undefined {
  const line = section?.split('\r\n').find((each) => each.startsWith(`${name}:`));
  return line?.slice(name.length + 1);
}
