import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readCgroupLimits, workersFor } from '../../../src/config/cpu-limit.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A cgroup file system with these files. */
function cgroup(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sluice-cgroup-'));
  folders.push(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

const v2 = (cpuMax: string, memoryMax = 'max') =>
  cgroup({ 'cpu.max': `${cpuMax}\n`, 'memory.max': `${memoryMax}\n` });

const v1 = (quota: string, period = '100000', memory = '9223372036854771712') =>
  cgroup({
    'cpu/cpu.cfs_quota_us': `${quota}\n`,
    'cpu/cpu.cfs_period_us': `${period}\n`,
    'memory/memory.limit_in_bytes': `${memory}\n`,
  });

describe('readCgroupLimits', () => {
  it.each<[string, number | undefined]>([
    ['max 100000', undefined],
    ['20000 100000', 0.2],
    ['100000 100000', 1],
    ['150000 100000', 1.5],
    ['200000 100000', 2],
    ['20000 5000', 4],
  ])('reads the CPU limit of v2 from %j', (cpuMax, cpus) => {
    expect(readCgroupLimits(v2(cpuMax))).toEqual({ cpus, memoryBytes: undefined });
  });

  it.each<[string, number | undefined]>([
    ['-1', undefined],
    ['20000', 0.2],
    ['100000', 1],
    ['150000', 1.5],
    ['200000', 2],
    ['400000', 4],
  ])('reads the CPU limit of v1 from a quota of %s', (quota, cpus) => {
    expect(readCgroupLimits(v1(quota))).toEqual({ cpus, memoryBytes: undefined });
  });

  it('reads the memory limit of both', () => {
    const memoryBytes = 134_217_728;
    expect(readCgroupLimits(v2('max 100000', '134217728')).memoryBytes).toBe(memoryBytes);
    expect(readCgroupLimits(v1('-1', '100000', '134217728')).memoryBytes).toBe(memoryBytes);
  });

  it.each([
    ['nothing there', {}],
    ['empty files', { 'cpu.max': '', 'memory.max': '\n' }],
    ['what makes no sense', { 'cpu.max': 'lots 100000', 'memory.max': 'some' }],
    ['a period of 0', { 'cpu.max': '100000 0', 'memory.max': '0' }],
    ['half of v1', { 'cpu/cpu.cfs_quota_us': '200000' }],
  ])('takes %s for no limit', (_, files) => {
    expect(readCgroupLimits(cgroup(files))).toEqual({ cpus: undefined, memoryBytes: undefined });
  });

  it('does not throw where there are no control groups', () => {
    expect(readCgroupLimits('/nowhere')).toEqual({ cpus: undefined, memoryBytes: undefined });
  });
});

const MiB = 1024 * 1024;

describe('workersFor', () => {
  it.each<[number | undefined, number]>([
    [undefined, 1],
    [0.2, 1],
    [1, 1],
    [1.5, 1],
    [2, 2],
    [3.99, 3],
    [4, 4],
  ])('runs for a CPU limit of %s %s', (cpus, expected) => {
    expect(workersFor({ cpus, memoryBytes: undefined })).toBe(expected);
  });

  it.each<[number, number]>([
    [64, 1],
    [128, 1],
    [280, 1],
    [420, 2],
    [4096, 4],
  ])('runs for 4 CPUs and %s MiB %s', (mebibytes, expected) => {
    expect(workersFor({ cpus: 4, memoryBytes: mebibytes * MiB })).toBe(expected);
  });

  it('runs no more for much memory', () => {
    expect(workersFor({ cpus: undefined, memoryBytes: 65_536 * MiB })).toBe(1);
  });
});
