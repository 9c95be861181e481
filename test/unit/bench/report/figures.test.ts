import { describe, expect, it } from 'vitest';
import { errorShare, figureOf, noise, spread } from '../../../../bench/report/figures.ts';
import { slopePerHour, soakTrend } from '../../../../bench/report/soak-trend.ts';
import { runOf, soak, variantOf } from './fixture.ts';

const broken = { void: 'the machine was busy' };

describe('figures', () => {
  it('are the median, the lowest and the highest', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, runs: 3 });
    expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4, runs: 4 });
    expect(spread([7])).toEqual({ median: 7, min: 7, max: 7, runs: 1 });
    expect(spread([])).toBeUndefined();
  });

  it('never count a void run', () => {
    const runs = [runOf({ rps: 10 }), runOf({ rps: 99_999 }, broken), runOf({ rps: 20 })];
    expect(figureOf(variantOf('a', runs), 'rps')).toEqual({
      median: 15,
      min: 10,
      max: 20,
      runs: 2,
    });
    expect(figureOf(variantOf('a', [runOf({ rps: 1 }, broken)]), 'rps')).toBeUndefined();
  });

  it('take the share of checks without a right answer', () => {
    const run = runOf({ rps: 0.7, failed: { timeout: 1, unsent: 2 } });
    expect(figureOf(variantOf('a', [run]), 'failedShare')?.median).toBe(0.3);
    expect(errorShare(run)).toBe(1 / 8);
    expect(errorShare(runOf({ rps: 0 }))).toBeUndefined();
  });

  it('are absent where a process was', () => {
    const variant = variantOf('a', [runOf({ rps: 10, cpuUs: 12, cpuShare: 0.5, rssMiB: 70 })]);
    expect(figureOf(variant, 'serverCpuUs')?.median).toBe(12);
    expect(figureOf(variant, 'cpuShare')?.median).toBe(0.5);
    expect(figureOf(variant, 'rssMiB')?.median).toBe(70);
    expect(figureOf(variant, 'envoyCpuUs')).toBeUndefined();
  });

  it('lie apart by a share of their median', () => {
    expect(noise({ median: 100, min: 95, max: 110, runs: 3 })).toBe(0.15);
    expect(noise({ median: 0, min: 0, max: 0, runs: 3 })).toBe(0);
  });
});

describe('the trend of a soak', () => {
  const samples = [0, 30, 60].map((minute) => ({
    ...soak.samples[0],
    minute,
    heapMiB: 20 + minute / 10,
  })) as typeof soak.samples;

  it('is the slope by least squares', () => {
    expect(slopePerHour(samples, ({ heapMiB }) => heapMiB)).toBeCloseTo(6);
    expect(slopePerHour(samples.slice(0, 1), ({ heapMiB }) => heapMiB)).toBe(0);
  });

  it('is told of the second half as well', () => {
    const trend = soakTrend(soak);
    expect(trend?.minutes).toBe(60);
    expect(trend?.heapSlope).toBeGreaterThan(3);
    expect(Math.abs(trend?.lateHeapSlope ?? 9)).toBeLessThan(0.5);
  });

  it('needs two samples', () => {
    expect(soakTrend({ samples: samples.slice(0, 1) })).toBeUndefined();
  });
});
