import { globSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { perhapsMeant } from '../../../src/config/policy/nearest.ts';

const ROOT = 'mesh/v1alpha1/config.proto';
const TYPE = 'istio.mesh.v1alpha1.MeshConfig';

/** Messages whose JSON is no object of their fields (protobuf.dev/programming-guides/json). */
const WELL_KNOWN: Readonly<Record<string, (value: unknown) => boolean>> = {
  Duration: (value) => /^-?\d+(\.\d{1,9})?s$/.test(String(value)),
  Timestamp: (value) => typeof value === 'string',
  Struct: (value) => isObject(value),
  Value: () => true,
  BoolValue: (value) => typeof value === 'boolean',
  StringValue: (value) => typeof value === 'string',
  ...Object.fromEntries(
    ['DoubleValue', 'FloatValue', 'Int32Value', 'Int64Value', 'UInt32Value', 'UInt64Value'].map(
      (name) => [name, (value: unknown) => typeof value === 'number'],
    ),
  ),
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** MeshConfig of Istio, which has no schema but its protobuf. */
export class MeshConfig {
  readonly #type: protobuf.Type;

  /** `folder`: of the module istio.io/api. */
  constructor(folder: string) {
    const root = new protobuf.Root();
    const known = new Set(globSync('**/*.proto', { cwd: folder }));
    root.resolvePath = (_, target) => {
      const path = known.has(target) ? target : `common-protos/${target}`;
      return known.has(path) ? join(folder, path) : target;
    };
    root.loadSync(ROOT);
    root.resolveAll();
    this.#type = root.lookupType(TYPE);
  }

  /** What of it is no MeshConfig in JSON, a line each. */
  faults(value: unknown): readonly string[] {
    return messageFaults(value, this.#type, 'meshConfig');
  }
}

function messageFaults(value: unknown, type: protobuf.Type, path: string): readonly string[] {
  const isFit = type.fullName.startsWith('.google.protobuf.') ? WELL_KNOWN[type.name] : undefined;
  if (isFit !== undefined) return isFit(value) ? [] : [unfit(path, value, type.name)];
  if (!isObject(value)) return [unfit(path, value, type.name)];
  const faults = Object.entries(value).flatMap(([name, inner]) => {
    const field = type.fields[name];
    if (field !== undefined) return fieldFaults(inner, field, `${path}.${name}`);
    const perhaps = perhapsMeant(name, Object.keys(type.fields));
    return [`${path}.${name} is no field of ${type.name}${perhaps}`];
  });
  for (const { oneof } of type.oneofsArray) {
    const set = oneof.filter((name) => name in value);
    if (set.length > 1) faults.push(`${path} has more than one of ${set.join(', ')}`);
  }
  return faults;
}

function fieldFaults(value: unknown, field: protobuf.Field, path: string): readonly string[] {
  if (field.map) {
    if (!isObject(value)) return [unfit(path, value, 'map')];
    return Object.entries(value).flatMap(([key, one]) => oneFaults(one, field, `${path}.${key}`));
  }
  if (!field.repeated) return oneFaults(value, field, path);
  if (!Array.isArray(value)) return [unfit(path, value, 'list')];
  return value.flatMap((one, i) => oneFaults(one, field, `${path}.${i}`));
}

function oneFaults(value: unknown, field: protobuf.Field, path: string): readonly string[] {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Type) return messageFaults(value, resolvedType, path);
  if (resolvedType instanceof protobuf.Enum) {
    const names = Object.keys(resolvedType.values);
    return names.includes(String(value)) ? [] : [unfit(path, value, names.join(', '))];
  }
  const wanted =
    type === 'string' || type === 'bytes' ? 'string' : type === 'bool' ? 'boolean' : 'number';
  return typeof value === wanted ? [] : [unfit(path, value, type)];
}

const unfit = (path: string, value: unknown, wanted: string): string =>
  `${path} is ${JSON.stringify(value)}; ${wanted} is wanted`;
