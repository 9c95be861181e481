import { graceFaults, resourceFaults, scalingFaults } from './limits.ts';
import {
  type Container,
  type Deployment,
  deploymentsOf,
  isSelected,
  type Manifest,
  named,
  titleOf,
} from './manifest.ts';
import { containerPortFaults, servicePortFaults } from './ports.ts';
import { resolve } from './references.ts';
import { configured } from './settings.ts';
import { shadowServiceFaults, shadowSettingFaults } from './shadow.ts';

/**
 * What is wrong with manifests that no schema tells, a line each. `outside`: what they refer to and
 * do not hold, such as Secrets.
 */
export async function manifestFaults(
  built: readonly Manifest[],
  outside: readonly Manifest[],
): Promise<readonly string[]> {
  const all = [...built, ...outside];
  const ofDeployments = await Promise.all(
    deploymentsOf(built).map(async (deployment) =>
      (await deploymentFaults(deployment, all)).map((fault) => `${titleOf(deployment)}: ${fault}`),
    ),
  );
  return [
    ...ofDeployments.flat(),
    ...servicePortFaults(built),
    ...shadowServiceFaults(all),
    ...scalingFaults(built),
  ];
}

async function deploymentFaults(deployment: Deployment, all: readonly Manifest[]) {
  const { selector, template } = deployment.spec;
  const { serviceAccountName: account, containers } = template.spec;
  const faults: string[] = [];
  if (!isSelected(template.metadata.labels, selector.matchLabels)) {
    faults.push('its selector does not find its own pods');
  }
  if (account !== undefined && named(all, 'ServiceAccount', account) === undefined) {
    faults.push(`there is no ServiceAccount ${account}`);
  }
  const inContainers = containers.map((container) => containerFaults(container, deployment, all));
  return [...faults, ...(await Promise.all(inContainers)).flat()];
}

async function containerFaults(
  container: Container,
  deployment: Deployment,
  all: readonly Manifest[],
): Promise<readonly string[]> {
  const resolved = resolve(container, deployment, all);
  const faults = [...imageFaults(container), ...resourceFaults(container), ...resolved.faults];
  // What does not arrive would be told once more, as a setting that is missing.
  if (resolved.faults.length > 0) return faults;
  const { settings, faults: ofSettings } = await configured(resolved);
  faults.push(...ofSettings);
  if (settings === undefined) return faults;
  return [
    ...faults,
    ...shadowSettingFaults(settings),
    ...containerPortFaults(container, settings),
    ...graceFaults(deployment, settings),
  ];
}

/** A tag that moves makes of every restart another version. */
function imageFaults({ image }: Container): readonly string[] {
  const isPinned = /:(?!latest$)[\w.-]+$|@sha256:[\da-f]{64}$/.test(image);
  return isPinned ? [] : [`image ${image} has no version; a tag or a digest is wanted`];
}
