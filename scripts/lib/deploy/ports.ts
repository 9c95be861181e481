import type { Settings } from '../../../src/config/settings.ts';
import {
  type Container,
  type Deployment,
  deploymentsOf,
  isSelected,
  type Labels,
  type Manifest,
  ofKind,
  type PortRef,
  titleOf,
} from './manifest.ts';

/** What the admin port serves for probes. */
const HEALTH_PATHS: readonly string[] = ['/health', '/ready'];

interface Service extends Manifest {
  readonly spec: {
    readonly selector?: Labels;
    readonly ports: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: PortRef;
    }[];
  };
}

interface ServiceMonitor extends Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: Labels };
    readonly endpoints: readonly { readonly port: string }[];
  };
}

/** Whether the container shows the ports it listens on, and its probes ask what is there. */
export function containerPortFaults(container: Container, settings: Settings): readonly string[] {
  const faults: string[] = [];
  for (const name of ['AUTH_GRPC_PORT', 'AUTH_METRICS_PORT'] as const) {
    if (container.ports?.some(({ containerPort }) => containerPort === settings[name])) continue;
    faults.push(`no containerPort is ${settings[name]}, which is ${name}`);
  }
  for (const name of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
    const asked = container[name]?.httpGet;
    if (asked === undefined) {
      faults.push(`${name} is missing, or asks by other means than httpGet`);
      continue;
    }
    const port = numberOf(container, asked.port);
    if (port !== settings.AUTH_METRICS_PORT) {
      const wanted = `AUTH_METRICS_PORT is ${settings.AUTH_METRICS_PORT}`;
      faults.push(`${name} asks port ${asked.port}, and ${wanted}`);
    }
    if (!HEALTH_PATHS.includes(asked.path)) {
      faults.push(`${name} asks ${asked.path}; one of ${HEALTH_PATHS.join(', ')} is there`);
    }
  }
  return faults;
}

function numberOf({ ports }: Container, ref: PortRef): number | undefined {
  return typeof ref === 'number' ? ref : ports?.find(({ name }) => name === ref)?.containerPort;
}

/** Whether Services lead to ports of pods, and ServiceMonitors to ports of Services. */
export function servicePortFaults(all: readonly Manifest[]): readonly string[] {
  const services = ofKind(all, 'Service') as readonly Service[];
  return [
    ...services.flatMap((service) => serviceFaults(service, deploymentsOf(all))),
    ...(ofKind(all, 'ServiceMonitor') as readonly ServiceMonitor[]).flatMap((monitor) =>
      monitorFaults(monitor, services),
    ),
  ];
}

function serviceFaults(service: Service, deployments: readonly Deployment[]): string[] {
  const { selector = {}, ports } = service.spec;
  const behind = deployments.filter(({ spec }) =>
    isSelected(spec.template.metadata.labels, selector),
  );
  if (behind.length === 0) return [`${titleOf(service)}: its selector finds no pods`];
  const containers = behind.flatMap(({ spec }) => spec.template.spec.containers);
  return ports
    .map(({ port, targetPort = port }) => targetPort)
    .filter((target) => !containers.some((container) => hasPort(container, target)))
    .map((target) => `${titleOf(service)}: no container has the port ${target}`);
}

function hasPort(container: Container, ref: PortRef): boolean {
  const number = numberOf(container, ref);
  return container.ports?.some(({ containerPort }) => containerPort === number) ?? false;
}

function monitorFaults(monitor: ServiceMonitor, services: readonly Service[]): string[] {
  const { selector, endpoints } = monitor.spec;
  const found = services.filter(({ metadata }) =>
    isSelected(metadata.labels ?? {}, selector.matchLabels),
  );
  const names = found.flatMap(({ spec }) => spec.ports.map(({ name }) => name));
  return endpoints
    .filter(({ port }) => !names.includes(port))
    .map(({ port }) => `${titleOf(monitor)}: no Service it selects has a port ${port}`);
}
