import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { perhapsMeant } from '../../../src/config/policy/nearest.ts';
import { type Manifest, titleOf } from './manifest.ts';

/** Of a schema of OpenAPI 3.0, what is looked at here. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** A CustomResourceDefinition. */
export interface Definition extends Manifest {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** That of an object that is written by hand. No schema of a custom kind says more than "object". */
const METADATA: Schema & object = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    namespace: { type: 'string' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    finalizers: { type: 'array', items: { type: 'string' } },
  },
} as Schema;

/**
 * Kinds that are none of Kubernetes, by the schemas of their definitions. Fields that these do not
 * have are faults, as for an API server that is asked to be strict; rules in CEL are not looked at.
 */
export class CustomKinds {
  readonly #groups: ReadonlySet<string>;
  /** By kind and group. */
  readonly #definitions: ReadonlyMap<string, Definition>;
  /** By apiVersion and kind: compiled when first asked for, since a schema can have 8,000 lines. */
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #ajv = new Ajv({
    allErrors: true,
    verbose: true, // with what was read
    strict: false, // x-kubernetes-…
    validateFormats: false, // int32, int64, …
    unicodeRegExp: false, // patterns are those of RE2
  });

  constructor(definitions: readonly Definition[]) {
    this.#groups = new Set(definitions.map(({ spec }) => spec.group));
    this.#definitions = new Map(
      definitions.map((definition) => {
        const { group, names } = definition.spec;
        return [`${names.kind}.${group}`, definition];
      }),
    );
  }

  /** Whether it is of a group that is known here, and not of Kubernetes itself. */
  has({ apiVersion }: Manifest): boolean {
    return this.#groups.has(groupOf(apiVersion));
  }

  /** A line each. */
  faults(manifest: Manifest): readonly string[] {
    const title = titleOf(manifest);
    const { apiVersion, kind } = manifest;
    const group = groupOf(apiVersion);
    const definition = this.#definitions.get(`${kind}.${group}`);
    if (definition === undefined) return [`${title}: ${group} has no kind ${kind}`];
    const served = definition.spec.versions.filter((version) => version.served);
    const version = served.find(({ name }) => apiVersion === `${group}/${name}`);
    if (version === undefined) {
      const names = served.map(({ name }) => `${group}/${name}`).join(', ');
      return [`${title}: apiVersion is ${apiVersion}; one of ${names} is there`];
    }
    const matches = this.#compile(`${apiVersion} ${kind}`, version.schema.openAPIV3Schema);
    if (matches(manifest)) return [];
    const told = (matches.errors ?? []).map((error) => `${title}: ${faultOf(error)}`);
    return [...new Set(told)];
  }

  #compile(name: string, { properties }: Schema): ValidateFunction {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const { spec, status, ...others } = properties ?? {};
    const root = {
      ...others,
      spec: closed(spec ?? {}),
      apiVersion: {},
      kind: {},
      metadata: METADATA,
    };
    const schema = { type: 'object', properties: root, additionalProperties: false };
    const compiled = this.#ajv.compile({ ...schema, required: ['spec'] });
    this.#compiled.set(name, compiled);
    return compiled;
  }
}

const groupOf = (apiVersion: string): string => apiVersion.split('/').slice(0, -1).join('');

/** The schema without room for fields that it does not name, at any depth. */
function closed(schema: Schema): Schema {
  const { properties, items, additionalProperties: more } = schema;
  const inner = Object.entries(properties ?? {}).map(([name, value]) => [name, closed(value)]);
  const isOpen =
    properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(inner) }),
    ...(items && { items: closed(items) }),
    ...(typeof more === 'object' && { additionalProperties: closed(more) }),
    ...(more === undefined && !isOpen && { additionalProperties: false }),
  };
}

function faultOf({ keyword, instancePath, params, message, data, parentSchema }: ErrorObject) {
  const path = instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/');
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  switch (keyword) {
    case 'additionalProperties': {
      const name = params.additionalProperty as string;
      return `${at(name)} is no field${perhapsMeant(name, Object.keys(parentSchema?.properties ?? {}))}`;
    }
    case 'required':
      return `${at(params.missingProperty)} is missing`;
    case 'enum':
      return `${path} is ${JSON.stringify(data)}; one of ${params.allowedValues.join(', ')} is wanted`;
    default:
      return `${path} is ${JSON.stringify(data)}; it ${message}`;
  }
}
