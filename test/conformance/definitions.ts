import protobuf from 'protobufjs';
import { definitions } from '../support/protobuf.ts';

/** What proto/ defines, by full name and in the shape that codec.py tells of Envoy's. */
export interface Definitions {
  readonly messages: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly services: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

const fullName = (object: protobuf.ReflectionObject) => object.fullName.slice(1);

/** Protobuf's own are not ours, but come with the library. */
const isOurs = (object: protobuf.ReflectionObject) =>
  !fullName(object).startsWith('google.protobuf.');

function* within(namespace: protobuf.NamespaceBase): Generator<protobuf.ReflectionObject> {
  for (const object of namespace.nestedArray) {
    yield object;
    if (object instanceof protobuf.Namespace) yield* within(object);
  }
}

export function ourDefinitions(): Definitions {
  const all = [...within(definitions)].filter(isOurs);
  return {
    messages: byName(
      all.filter((it) => it instanceof protobuf.Type),
      describeMessage,
    ),
    enums: byName(
      all.filter((it) => it instanceof protobuf.Enum),
      ({ values }) => ({ ...values }),
    ),
    services: byName(
      all.filter((it) => it instanceof protobuf.Service),
      describeService,
    ),
  };
}

function byName<T extends protobuf.ReflectionObject, U>(
  objects: readonly T[],
  describe: (object: T) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(objects.map((it) => [fullName(it), describe(it)]));
}

function describeMessage(message: protobuf.Type): Readonly<Record<string, object>> {
  const fields = message.fieldsArray.map((field) => {
    const isMap = field instanceof protobuf.MapField;
    const description = {
      number: field.id,
      type: isMap ? `map<${field.keyType}, ${typeName(field)}>` : typeName(field),
      repeated: isMap || field.repeated,
      oneof: field.partOf?.name ?? null,
    };
    return [field.name, description] as const;
  });
  return Object.fromEntries(fields);
}

const typeName = ({ resolvedType, type }: protobuf.Field) =>
  resolvedType === null ? type : fullName(resolvedType);

function describeService(service: protobuf.Service): Readonly<Record<string, object>> {
  const methods = service.methodsArray.map((method) => {
    const description = {
      input: fullName(method.resolvedRequestType as protobuf.Type),
      output: fullName(method.resolvedResponseType as protobuf.Type),
      clientStreaming: method.requestStream === true,
      serverStreaming: method.responseStream === true,
    };
    return [method.name, description] as const;
  });
  return Object.fromEntries(methods);
}
