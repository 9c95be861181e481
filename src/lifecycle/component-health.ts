import { Gauge } from '../domain/instrument.ts';
import type { Component } from '../domain/ports.ts';

/** What /ready tells of each component, for alerts. */
export function healthOf(components: readonly Component[]): readonly Gauge[] {
  return components.map(({ name, state }) => {
    const about = {
      name: 'ext_authz_component_healthy',
      help: 'Whether a component of /ready is ok; 0 while it is starting, degraded or stopped.',
      labels: { component: name },
      merge: 'min',
    } as const;
    return new Gauge(about, () => (state === 'ok' ? 1 : 0));
  });
}
