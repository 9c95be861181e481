import type { Json, JsonObject } from '../../src/config/policy/node.ts';
import { policySchema } from '../../src/config/policy/schema.ts';
import type { Inner, Shape } from '../../src/config/policy/shape.ts';
import { markdownTable } from './markdown-table.ts';

/** JSON Schema of the policy file, for editors: what one field demands of another is not in it. */
export function policyJsonSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Policy of Sluice (AUTH_POLICY_FILE)',
    ...policySchema.schema,
  };
}

/** Markdown: a table for each map of the policy file. */
export function policyTable(): string {
  return sections(policySchema, '').join('\n\n');
}

function sections(shape: Shape<unknown>, path: string): readonly string[] {
  const fields = shape.inner.filter(({ field }) => field !== undefined);
  const deeper = shape.inner
    .filter(({ field }) => field?.presence !== 'inherited')
    .flatMap((inner) => sections(inner.shape, join(path, inner)));
  return fields.length === 0 ? deeper : [section(shape, path, fields), ...deeper];
}

function join(path: string, { step, field }: Inner): string {
  return field === undefined || path === '' ? path + step : `${path}.${step}`;
}

function section(shape: Shape<unknown>, path: string, fields: readonly Inner[]): string {
  const own = fields.filter(({ field }) => field?.presence !== 'inherited');
  const parts = [path === '' ? '### The file' : `### \`${path}\``];
  if (shape.allowed !== 'a map')
    parts.push(`${cell(shape.allowed.replace(/^./, (first) => first.toUpperCase()))}.`);
  if (own.length > 0)
    parts.push(markdownTable(['field', 'default', 'meaning', 'allowed'], own.map(row)));
  if (own.length < fields.length) {
    const and = own.length > 0 ? 'And every' : 'Every';
    parts.push(
      `${and} field of \`defaults\`. What is left out is as in the policy that is named, if one is, or else as in \`defaults\`.`,
    );
  }
  return parts.join('\n\n');
}

function row({ step, shape, field }: Inner): readonly string[] {
  const { presence, fallback, description = '' } = field ?? {};
  const usual = fallback === undefined ? 'none' : `\`${flow(fallback)}\``;
  return [
    `\`${step}\``,
    presence === 'required' ? '**required**' : usual,
    cell(description),
    cell(shape.allowed),
  ];
}

/** YAML in one line. */
function flow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return value === ',' ? '","' : String(value);
  const pairs = Object.entries(value).map(([name, one]) => `${name}: ${flow(one)}`);
  return `{${pairs.join(', ')}}`;
}

/** Bars end a cell; stars, braces and angle brackets mean something else outside of code. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*');
}
