import { describe, expect, it } from 'vitest';
import { locustChart } from '../../../../bench/report/charts/locust.ts';
import { standaloneSvg } from '../../../../bench/report/charts/standalone.ts';
import { buildReport } from '../../../../bench/report/index.ts';
import { describe as told } from '../../../../bench/report/locust.ts';
import { locustChecklist } from '../../../../bench/report/plan-checklist.ts';
import { benchResult } from '../../../../bench/report/schema.ts';
import { resultOf } from './fixture.ts';
import { locustRunOf } from './fixture-locust.ts';

const answers = locustRunOf().answers;
const run = locustRunOf();
const isVoid = locustRunOf({
  ...{ name: '10,000 users, header', void: 'the machine <was> busy', requests: 77_777 },
  answers: { ...answers, rps: 7_777 },
});

const cells = (more: Partial<typeof run>) => {
  const [p99, rps, success, cpu, memory, errors] = locustChecklist([locustRunOf(more)]).map(
    ({ cells: [cell] }) => cell,
  );
  return { p99, rps, success, cpu, memory, errors };
};

describe("the plan's checklist", () => {
  it('passes what keeps to it', () => {
    const enough = { offered: 1_000, answers: { ...answers, rps: 675 } };
    expect(cells(enough)).toEqual({
      p99: { status: 'pass', text: '4.5 ms' },
      rps: { status: 'pass', text: '675/s, 50 % over it' },
      success: { status: 'pass', text: '100 %' },
      cpu: { status: 'pass', text: '13 %' },
      memory: { status: 'pass', text: '95.8 MiB' },
      errors: { status: 'pass', text: '0 %' },
    });
  });

  it('fails what does not', () => {
    const poor = { p99: 0.05, success: 99.9, cpu: 0.8, memory: 0.0977, rps: 674 };
    const found = cells({ offered: 1_000, failures: 27, answers: { ...answers, ...poor } });
    expect(Object.values(found).map((cell) => cell?.status)).toEqual(Array(6).fill('fail'));
  });

  it('does not judge a rate that the users set', () => {
    expect(cells({}).rps).toEqual({
      status: 'shown',
      text: '458/s, of 500/s at most from so many users',
    });
  });

  it('says where Prometheus had no answer, and does not round up to all', () => {
    expect(cells({ answers: { success: 99.99999 } })).toMatchObject({
      p99: { status: 'shown', text: 'no answer' },
      success: { status: 'pass', text: '99.999 %' },
    });
  });

  it('judges nothing of a void run', () => {
    for (const { cells: found } of locustChecklist([isVoid])) {
      expect(found).toEqual([{ status: 'void', text: 'void' }]);
    }
  });
});

describe('runs of Locust in the report', () => {
  const result = resultOf('locust', { locust: { runs: [run, isVoid] } });
  const { html, markdown } = buildReport([result]);

  it('come back from the file as they were', () => {
    expect(benchResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  });

  it('have their answers, and what took the machine', () => {
    expect(markdown).toContain('| p99 latency | 4.5 ms | void |');
    expect(markdown).toContain('| p99 at Locust | 61 ms | void |');
    expect(markdown).toContain('| cores: Locust | 0.25 | 0.25 |');
    expect(html).toContain('>4.5 ms</td>');
  });

  it('have no figure where they are void, but the reason', () => {
    expect(markdown).toContain('- Void: 10,000 users, header: the machine \\<was\\> busy.');
    expect(html).toContain('the machine &lt;was&gt; busy');
    for (const text of [html, markdown]) expect(text).not.toMatch(/7,?777|77,?777/);
    expect(told(isVoid)).toBe('10,000 users, header: void, the machine <was> busy');
  });

  it('say how requests failed', () => {
    const failed = locustRunOf({ failures: 2, errors: { 'LocustBadStatusCode(code=503)': 2 } });
    const { markdown: text } = buildReport([resultOf('locust', { locust: { runs: [failed] } })]);
    expect(text).toContain('| failed | 2 (LocustBadStatusCode(code=503) 2) |');
  });

  it('are told in a line', () => {
    expect(told(run)).toBe(
      '1,000 users, header: 27,000 requests, 0 failed, RPS 458/s, p99 latency 4.5 ms, CPU usage 0.13 cores',
    );
  });
});

describe('the picture', () => {
  const picture = standaloneSvg(locustChart({ runs: [run] }) as never);

  it('stands by itself, light and dark', () => {
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(picture).toContain('prefers-color-scheme: dark');
    for (const [, name] of picture.matchAll(/var\((--[\w-]+)\)/g)) {
      expect(picture).toContain(`${name}:`);
    }
    expect(picture).not.toMatch(/NaN|undefined|href|url\(/);
    for (const title of ['RPS', 'CPU, cores', 'memory, MiB']) expect(picture).toContain(title);
  });

  it('is not drawn of a void run, nor of none', () => {
    expect(locustChart({ runs: [isVoid] })).toBeUndefined();
    expect(locustChart({ runs: [] })).toBeUndefined();
  });
});
