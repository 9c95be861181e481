import { describe, expect, it } from 'vitest';
import { optionNames, withOption } from '../../../scripts/lib/envoy-config.ts';

const YAML = `a:
  # Why.
  #+ b: 1

  #+ - name: x.y
  #+   c:
  #+     - d # no end
  e: 2
`;

describe('options of a configuration', () => {
  it('have the names of what they set', () => {
    expect(optionNames(YAML)).toEqual(['b', 'x.y']);
  });

  it('are taken one by one', () => {
    expect(withOption('x.y')(YAML)).toBe(`a:
  # Why.
  #+ b: 1

  - name: x.y
    c:
      - d # no end
  e: 2
`);
    expect(optionNames(withOption('b')(YAML))).toEqual(['x.y']);
  });

  it('must be there once', () => {
    expect(() => withOption('e')(YAML)).toThrow('has 0 options e');
    expect(() => withOption('b')(YAML + YAML)).toThrow('has 2 options b');
  });

  it('are all those of deploy/envoy/envoy.yaml', () => {
    expect(optionNames()).toEqual([
      'envoy.filters.http.header_to_metadata',
      'encode_raw_headers',
      'include_peer_certificate',
      'with_request_body',
      'clear_route_cache',
      'transport_socket',
    ]);
  });
});
