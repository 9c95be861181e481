import type { BenchResult } from '../lib/result.ts';
import { benchSection, factList, marks } from './page/bench.ts';
import { html, Markup } from './page/markup.ts';
import { style } from './page/style.ts';
import { benchTitles, commonFacts, ownFacts } from './provenance.ts';

const TITLE = 'Sluice: what was measured';

/** One page that needs nothing beside itself. */
export function htmlReport(results: readonly BenchResult[]): string {
  const ids = sectionIds(results);
  const common = commonFacts(results);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>${TITLE}</h1>
${results.length === 0 ? html`<p>There are no results.</p>` : contents(results, ids)}
${factList(common)}
</header>
<main>${results.map((result, at) => benchSection(result, ownFacts(result, common), ids[at] ?? []))}
</main>
</body>
</html>
`;
  return page.text;
}

function contents(results: readonly BenchResult[], ids: readonly (readonly string[])[]): Markup {
  return html`<nav aria-label="Contents"><ul>${results.map((result, at) => {
    const [id, ...experimentIds] = ids[at] ?? [];
    const entries = result.experiments.map(
      ({ title }, entry) => html`<li><a href="#${experimentIds[entry]}">${title}</a></li>`,
    );
    return html`
<li><a href="#${id}">${benchTitles[result.bench]}</a> ${marks(result)}${entries.length === 0 ? undefined : html`<ul>${entries}</ul>`}</li>`;
  })}</ul></nav>`;
}

/** For each bench its own and its experiments', unique in the page and fit for an address. */
function sectionIds(results: readonly BenchResult[]): readonly (readonly string[])[] {
  const taken = new Set<string>();
  const unique = (wanted: string) => {
    const plain = wanted.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    let id = plain;
    for (let more = 2; taken.has(id); more++) id = `${plain}-${more}`;
    taken.add(id);
    return id;
  };
  return results.map(({ bench, experiments }) => [
    unique(bench),
    ...experiments.map(({ id }) => unique(`${bench}-${id}`)),
  ]);
}
