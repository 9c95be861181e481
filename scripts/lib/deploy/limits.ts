import type { Settings } from '../../../src/config/settings.ts';
import {
  type Container,
  type Deployment,
  deploymentsOf,
  isSelected,
  type Labels,
  type Manifest,
  named,
  ofKind,
  titleOf,
} from './manifest.ts';
import { quantity } from './quantity.ts';

const DEFAULT_GRACE_SEC = 30;

interface Scaler extends Manifest {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly { readonly resource?: { readonly name: string } }[];
  };
}

interface Budget extends Manifest {
  readonly spec: { readonly selector: { readonly matchLabels: Labels } };
}

/** Resources that are no quantities, are not asked for, or are above what they are limited to. */
export function resourceFaults({ resources }: Container): readonly string[] {
  const { requests = {}, limits = {} } = resources ?? {};
  const faults: string[] = [];
  for (const [place, values] of Object.entries({ requests, limits })) {
    for (const [name, value] of Object.entries(values)) {
      if (quantity(value) !== undefined) continue;
      faults.push(`resources.${place}.${name} cannot be ${value}; 100m and 128Mi are quantities`);
    }
  }
  for (const name of ['cpu', 'memory']) {
    if (!(name in requests)) faults.push(`resources.requests.${name} is not set`);
  }
  if (!('memory' in limits)) faults.push('resources.limits.memory is not set');
  for (const [name, limit] of Object.entries(limits)) {
    const request = requests[name];
    if (request === undefined || !((quantity(request) ?? 0) > (quantity(limit) ?? 0))) continue;
    faults.push(`resources: ${name} of ${request} is requested, above its limit of ${limit}`);
  }
  return faults;
}

/** A pod that is killed before it has drained. */
export function graceFaults({ spec }: Deployment, settings: Settings): readonly string[] {
  const grace = spec.template.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SEC;
  const { DRAIN_DELAY_MS: delay, DRAIN_TIMEOUT_MS: timeout } = settings;
  if (grace * 1000 > delay + timeout) return [];
  const sum = `DRAIN_DELAY_MS and DRAIN_TIMEOUT_MS together, ${delay + timeout} ms`;
  return [`terminationGracePeriodSeconds is ${grace}; it must be longer than ${sum}`];
}

/** HPAs and PDBs that are about nothing, or ask what cannot be. */
export function scalingFaults(all: readonly Manifest[]): readonly string[] {
  const scalers = ofKind(all, 'HorizontalPodAutoscaler') as readonly Scaler[];
  const budgets = ofKind(all, 'PodDisruptionBudget') as readonly Budget[];
  const isIdle = ({ spec }: Budget) =>
    !deploymentsOf(all).some(({ spec: { template } }) =>
      isSelected(template.metadata.labels, spec.selector.matchLabels),
    );
  return [
    ...scalers.flatMap((scaler) => {
      const { scaleTargetRef: target, minReplicas = 1, maxReplicas } = scaler.spec;
      const faults: string[] = [];
      if (named(all, target.kind, target.name) === undefined) {
        faults.push(`${titleOf(scaler)}: there is no ${target.kind} ${target.name}`);
      }
      if (minReplicas > maxReplicas) {
        faults.push(`${titleOf(scaler)}: minReplicas ${minReplicas} is above ${maxReplicas}`);
      }
      return faults;
    }),
    ...budgets.filter(isIdle).map((budget) => `${titleOf(budget)}: its selector finds no pods`),
  ];
}
