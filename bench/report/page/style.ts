/** Colours of the page and of its charts. Paper is light whatever the screen was. */
export const palette = `
:root {
  color-scheme: light;
  --paper: #fcfcfb; --panel: #f3f4f4; --ink: #1c2126; --muted: #5a636d; --rule: #d5d9dd;
  --link: #0b5c9c; --good: #0a6b52; --bad: #a8370b; --warn-paper: #fdf3dc; --warn-ink: #6a4700;
  --series-1: #0072b2; --series-2: #c65a00; --series-3: #00805f;
  --series-4: #a8487f; --series-5: #8a6d00; --series-6: #4b5a69;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --paper: #15181b; --panel: #1e2226; --ink: #e4e7ea; --muted: #a0a9b2; --rule: #363c42;
    --link: #7cc0f2; --good: #5cc9a7; --bad: #f2926a; --warn-paper: #382c10; --warn-ink: #f2d594;
    --series-1: #56a8e8; --series-2: #f0983e; --series-3: #3fbf98;
    --series-4: #d98bb8; --series-5: #d9c04a; --series-6: #a9b6c3;
  }
}`;

/** Of the page and of the charts within it. */
export const style = `${palette}
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
body { max-width: 80rem; margin: 0 auto; padding: 2rem 1rem 4rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; margin: 0 0 .6em; break-after: avoid; }
h1 { font-size: 2rem; }
h2 { font-size: 1.5rem; margin-top: 3.5rem; padding-top: .6rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.125rem; }
p, ul, dl { margin: 0 0 1rem; }
p, li, dd { max-width: 75ch; }
a { color: var(--link); }
code { font: .8125rem/1.4 ui-monospace, monospace; color: var(--muted); overflow-wrap: anywhere; }
nav ul { list-style: none; padding: 0; margin: 0; }
nav { margin-bottom: 1.5rem; }
nav > ul { columns: 20rem; column-gap: 2.5rem; }
nav > ul > li { break-inside: avoid; margin-bottom: .75rem; font-weight: 600; }
nav li li { font-weight: 400; font-size: .9375rem; }
dl { display: grid; grid-template-columns: minmax(5rem, max-content) 1fr; gap: .25rem 1.25rem; }
dt { color: var(--muted); }
dd { margin: 0; }
.warning { background: var(--warn-paper); color: var(--warn-ink); border-left: 4px solid currentColor;
  padding: .5rem .75rem; max-width: none; font-weight: 600; }
.tag { font-size: .75rem; font-weight: 600; white-space: nowrap; padding: .1rem .45rem;
  border: 1px solid currentColor; border-radius: 1rem; vertical-align: .15em; }
.tag.warned { color: var(--warn-ink); background: var(--warn-paper); }
.held, .pass { color: var(--good); }
.failed, .fail { color: var(--bad); }
.unmeasured, .shown, .note { color: var(--muted); }
.note { font-size: .875rem; }
.experiment { margin-top: 2.5rem; }
.expectations { list-style: none; padding: 0; }
.expectations li { margin-bottom: .3rem; }
.found { color: var(--muted); }
.evidence { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; }
.words { flex: 1 1 22rem; min-width: 0; }
.evidence:has(figure ~ figure) .words { flex-basis: 100%; }
.words:empty { display: none; }
figure { flex: 0 1 460px; min-width: 0; margin: 0 0 1rem; break-inside: avoid; }
figcaption { font-size: .8125rem; color: var(--muted); margin-bottom: .5rem; }
svg { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; margin-bottom: 1rem; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .9rem .4rem 0; text-align: right; vertical-align: top;
  border-bottom: 1px solid var(--rule); white-space: nowrap; }
tr { break-inside: avoid; }
thead th { color: var(--muted); font-weight: 500; vertical-align: bottom; }
th:first-child { text-align: left; font-weight: 500; white-space: normal; min-width: 9.5rem;
  max-width: 22rem; }
td:last-child, th:last-child { padding-right: 0; }
td small, th small { display: block; font-size: .75rem; font-weight: 400; color: var(--muted); }
@media (min-width: 64rem) {
  body { padding: 3rem 2.5rem 6rem; }
}
@media print {
  @page { margin: 14mm; }
  html { font-size: 10pt; background: none; }
  body { max-width: none; padding: 0; }
  .evidence { break-inside: avoid; gap: 0 1rem; }
  figure { flex-basis: 48%; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding-right: .5rem; }
  th:first-child { min-width: 0; }
  td small, th small { font-size: 6.5pt; }
  code { font-size: 6.5pt; }
  a { color: inherit; text-decoration: none; }
}
`;
