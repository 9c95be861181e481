import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DeployCheck } from './lib/deploy/deploy-check.ts';
import { deployTools, KUBERNETES_VERSIONS } from './lib/deploy/tools.ts';
import { runMain } from './lib/main.ts';

const USAGE = `Usage: node scripts/check-deploy.ts [--folder deploy]

Builds the kustomize base and every overlay, and holds what comes of it to the schemas of Kubernetes
${KUBERNETES_VERSIONS.join(' and ')}, of Istio, Envoy Gateway, the Prometheus operator and ArgoCD, and to the
service itself: names and values of settings, secrets, ports, probes, resources. Has Envoy validate its
configuration, as it is and with each option. Asks no cluster. Exit code 1 and a line for each fault.
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean' }, folder: { type: 'string', default: 'deploy' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = resolve(values.folder);
  const tools = await deployTools((line) => process.stderr.write(`${line}\n`));
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-deploy-'));
  try {
    const check = new DeployCheck(folder, tools, scratch, say);
    await check.all();
    for (const fault of check.faults) process.stderr.write(`${fault}\n`);
    const versions = KUBERNETES_VERSIONS.join(' and ');
    say(`deploy: ${check.faults.length} faults, by the schemas of Kubernetes ${versions}`);
    return check.faults.length > 0 ? 1 : 0;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

await runMain(main);
