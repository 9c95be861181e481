import { describe, expect, it } from 'vitest';
import { CustomKinds, type Definition } from '../../../scripts/lib/deploy/custom-kinds.ts';
import { parseManifests } from '../../../scripts/lib/deploy/manifest.ts';

const DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: parrots.birds.example }
spec:
  group: birds.example
  names: { kind: Parrot }
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [colour]
              properties:
                colour: { type: string, enum: [green, blue] }
                size: { x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }] }
                chicks:
                  type: array
                  items: { type: object, properties: { age: { type: integer, format: int32, minimum: 0 } } }
                toys: { type: object, additionalProperties: { type: object, properties: { bell: { type: boolean } } } }
                free: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { a: { type: string } } }
            status: { type: object }
    - { name: v0, served: false, schema: { openAPIV3Schema: { type: object } } }
`;
const PARROT = `
apiVersion: birds.example/v1
kind: Parrot
metadata: { name: polly, namespace: cage, labels: { a: b } }
spec:
  colour: green
  size: 3
  chicks: [{ age: 1 }]
  toys: { swing: { bell: true } }
  free: { a: x, b: { c: d } }
`;

const kinds = new CustomKinds(parseManifests(DEFINITION) as readonly Definition[]);
const parrots = (text: string) => parseManifests(text).flatMap((one) => kinds.faults(one));

describe('a custom kind', () => {
  it('is known by its group', () => {
    const [parrot] = parseManifests(PARROT);
    const [service] = parseManifests('apiVersion: v1\nkind: Service\nmetadata: { name: a }');
    expect([parrot, service].map((one) => one && kinds.has(one))).toEqual([true, false]);
  });

  it('has no faults where there are none', () => {
    expect(parrots(PARROT)).toEqual([]);
  });

  it.each([
    [
      'colour: green',
      'color: green',
      ['spec.colour is missing', 'spec.color is no field, perhaps colour is meant'],
    ],
    ['colour: green', 'colour: red', ['spec.colour is "red"; one of green, blue is wanted']],
    ['age: 1', 'age: -1', ['spec.chicks.0.age is -1; it must be >= 0']],
    ['age: 1', 'agee: 1', ['spec.chicks.0.agee is no field, perhaps age is meant']],
    ['bell: true', 'bells: true', ['spec.toys.swing.bells is no field, perhaps bell is meant']],
    ['bell: true', 'bell: 1', ['spec.toys.swing.bell is 1; it must be boolean']],
    [
      'namespace: cage',
      'namespce: cage',
      ['metadata.namespce is no field, perhaps namespace is meant'],
    ],
    ['spec:', 'status: {}\nspec:', ['status is no field']],
    [
      'birds.example/v1',
      'birds.example/v0',
      ['apiVersion is birds.example/v0; one of birds.example/v1 is there'],
    ],
    ['kind: Parrot', 'kind: Parot', ['birds.example has no kind Parot']],
  ])('with %j as %j', (from, to, faults) => {
    expect(PARROT.split(from)).toHaveLength(2);
    const kind = to.startsWith('kind') ? 'Parot' : 'Parrot';
    expect(parrots(PARROT.replace(from, to)).sort()).toEqual(
      faults.map((fault) => `${kind} polly: ${fault}`).sort(),
    );
  });
});
