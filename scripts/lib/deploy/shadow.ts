import type { Settings } from '../../../src/config/settings.ts';
import {
  type Deployment,
  deploymentsOf,
  isSelected,
  type Labels,
  type Manifest,
  ofKind,
  titleOf,
} from './manifest.ts';
import { resolve } from './references.ts';

/** Where SHADOW_MODE is meant, and no alert of deploy/prometheus fires. */
const SHADOW_ENVIRONMENT = 'shadow';

interface Service extends Manifest {
  readonly spec: { readonly selector?: Labels };
}

/** Whether something is put into shadow mode that does not say that it is a shadow. */
export function shadowSettingFaults({ SHADOW_MODE, ENVIRONMENT }: Settings): readonly string[] {
  if (!SHADOW_MODE || ENVIRONMENT === SHADOW_ENVIRONMENT) return [];
  return [
    `SHADOW_MODE is true with ENVIRONMENT at ${ENVIRONMENT}: every request would pass; ` +
      `it is for ENVIRONMENT=${SHADOW_ENVIRONMENT}`,
  ];
}

/** Whether a Service spreads checks over pods that decide and pods that allow everything. */
export function shadowServiceFaults(all: readonly Manifest[]): readonly string[] {
  return (ofKind(all, 'Service') as readonly Service[]).flatMap((service) => {
    const { selector } = service.spec;
    if (selector === undefined) return [];
    const asked = deploymentsOf(all).filter(({ spec }) =>
      isSelected(spec.template.metadata.labels, selector),
    );
    const shadows = asked.filter((deployment) => isShadow(deployment, all));
    if (shadows.length === 0 || shadows.length === asked.length) return [];
    const names = shadows.map(titleOf).join(', ');
    return [`${titleOf(service)}: finds pods of ${names} too, which is in SHADOW_MODE`];
  });
}

function isShadow(deployment: Deployment, all: readonly Manifest[]): boolean {
  return deployment.spec.template.spec.containers.some((container) => {
    const value = resolve(container, deployment, all).env.get('SHADOW_MODE');
    return value !== undefined && 'text' in value && value.text === 'true';
  });
}
