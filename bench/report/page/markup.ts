/** Text that is HTML already and is not escaped again. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Child = Markup | string | number | undefined | readonly Child[];

/** HTML of a template; what is put into it is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...children: readonly Child[]): Markup {
  const [first = '', ...rest] = strings;
  return new Markup(first + rest.map((string, at) => render(children[at]) + string).join(''));
}

function render(child: Child): string {
  if (child === undefined) return '';
  if (child instanceof Markup) return child.text;
  if (typeof child === 'object') return child.map(render).join('');
  return escaped(String(child));
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
