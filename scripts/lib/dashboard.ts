import { EVERYTHING, type PanelSpec, rows } from './dashboard-rows.ts';

/*
 * The dashboard of Grafana, in its JSON model, made of dashboard-rows.ts.
 * https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const COLUMNS = 24;
const PANEL = { w: 6, h: 7 };

/** What deploy/grafana/dashboard.json holds. */
export function dashboardJson(): string {
  const model = {
    uid: 'sluice',
    title: 'Sluice',
    tags: ['sluice', 'ext-authz'],
    timezone: 'browser',
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1, // one crosshair for all panels
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    annotations: { list: [] },
    templating: { list: variables() },
    panels: panels(),
  };
  return `${JSON.stringify(model, undefined, 2)}\n`;
}

function variables(): readonly object[] {
  const labels = (name: string, query: string, more: object) => ({
    ...{ name, type: 'query', datasource: DATASOURCE, definition: query },
    ...{ query: { query, refId: name }, refresh: 2, sort: 1 },
    ...{ multi: true, includeAll: true, current: { text: ['All'], value: ['$__all'] }, ...more },
  });
  const pods = 'ext-authz.*';
  return [
    { name: 'datasource', type: 'datasource', query: 'prometheus' },
    // Where Prometheus gives no namespace "All" has to match that there is none.
    labels('namespace', `label_values(${EVERYTHING}, namespace)`, { allValue: '.*' }),
    // No such value here: process_* and nodejs_* are also those of other jobs.
    labels('job', `label_values(${EVERYTHING}{namespace=~"$namespace"}, job)`, {}),
    {
      ...{ name: 'pod', label: 'pods, for CPU and memory', type: 'textbox', query: pods },
      current: { text: pods, value: pods },
    },
  ];
}

/** Rows from top to bottom, panels from left to right. */
function panels(): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  let id = 0;
  for (const { title, panels: inRow } of rows) {
    placed.push({
      ...{ id: ++id, type: 'row', title, collapsed: false, panels: [] },
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y++;
    for (const [at, spec] of inRow.entries()) {
      const x = (at * PANEL.w) % COLUMNS;
      if (at > 0 && x === 0) y += PANEL.h;
      placed.push(panel(++id, spec, { x, y, ...PANEL }));
    }
    y += PANEL.h;
  }
  return placed;
}

function panel(id: number, { title, unit, limit, queries }: PanelSpec, gridPos: object): object {
  const steps = [{ color: 'green', value: null }];
  const lines = limit === undefined ? steps : [...steps, { color: 'red', value: limit }];
  return {
    ...{ id, type: 'timeseries', title, datasource: DATASOURCE, gridPos },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        thresholds: { mode: 'absolute', steps: lines },
        custom: { thresholdsStyle: { mode: limit === undefined ? 'off' : 'line' } },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: queries.map(([legendFormat, expr], at) => ({
      ...{ refId: String.fromCharCode(65 + at), datasource: DATASOURCE, expr, legendFormat },
    })),
  };
}
