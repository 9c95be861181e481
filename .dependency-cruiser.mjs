/** Who may import whom; docs/design.md says why. `npm run boundaries` checks it. */

const only = (name, comment, from, ...allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${from}` },
  to: { pathNot: [`^src/${from}`, ...allowed] },
});

const DOMAIN = '^src/domain/';
const LIBRARIES = '(^|/)node_modules/';
const BUILT_IN = '^(node:)?[a-z][a-z_/0-9]*$';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two things are one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'Nothing can be said of what is not found.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports it: is it used?',
      severity: 'error',
      from: { orphan: true, pathNot: '^src/main\\.ts$' },
      to: {},
    },
    {
      name: 'domain-types-of-rxjs-only',
      comment: 'Of rxjs the domain takes types, so that it runs nothing of it.',
      severity: 'error',
      from: { path: DOMAIN },
      to: { path: `${LIBRARIES}rxjs/`, dependencyTypesNot: ['type-only'] },
    },
    only('domain', 'The domain knows nobody.', 'domain/', `${LIBRARIES}rxjs/`),
    only('pipeline', 'Domain and rxjs.', 'pipeline/', DOMAIN, `${LIBRARIES}rxjs/`),
    only('sources', 'An adapter: domain and libraries.', 'sources/', DOMAIN, LIBRARIES, BUILT_IN),
    only('jwt', 'An adapter: domain and libraries.', 'jwt/', DOMAIN, LIBRARIES, BUILT_IN),
    only(
      'revocation',
      'An adapter: domain and libraries.',
      'revocation/',
      DOMAIN,
      LIBRARIES,
      BUILT_IN,
    ),
    only('policy', 'An adapter: domain and libraries.', 'policy/', DOMAIN, LIBRARIES, BUILT_IN),
    only('sinks', 'An adapter: domain and libraries.', 'sinks/', DOMAIN, LIBRARIES, BUILT_IN),
    only('config', 'Settings know nobody who uses them.', 'config/', LIBRARIES, BUILT_IN),
    only('admin', 'Shows what it is given.', 'admin/', DOMAIN, LIBRARIES, BUILT_IN),
    only(
      'lifecycle',
      'Starts and stops what it is given.',
      'lifecycle/',
      DOMAIN,
      '^src/(pipeline|admin)/',
      LIBRARIES,
      BUILT_IN,
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.tools|coverage)/' },
    // The TypeScript that builds this project has no API for other programs to parse with.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
    },
  },
};
