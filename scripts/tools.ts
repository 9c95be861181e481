import { parseArgs } from 'node:util';
import { runMain } from './lib/main.ts';
import { ensureTool, type ToolName, toolNames } from './lib/tools.ts';

const USAGE = `Usage: node scripts/tools.ts [--help] [${toolNames.join('] [')}]

Finds the real servers that tests and demos use, or installs them into .tools; all of them when
none is named. Prints name, version and path of each. ENVOY_BIN, REDIS_SERVER_BIN, PYTHON_BIN,
LOCUST_PYTHON_BIN (a Python that has Locust), PROMETHEUS_BIN and PROMTOOL_BIN point to ones of your
own.
`;

function isTool(name: string): name is ToolName {
  return (toolNames as readonly string[]).includes(name);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const unknown = positionals.find((name) => !isTool(name));
  if (unknown !== undefined) throw new Error(`unknown tool: ${unknown}\n\n${USAGE}`);
  const wanted = positionals.length > 0 ? positionals.filter(isTool) : toolNames;

  let code = 0;
  for (const outcome of await Promise.allSettled(wanted.map((name) => ensureTool(name)))) {
    if (outcome.status === 'fulfilled') {
      const { name, version, path } = outcome.value;
      process.stdout.write(`${name} ${version} ${path}\n`);
    } else {
      process.stderr.write(`${(outcome.reason as Error).message}\n`);
      code = 1;
    }
  }
  return code;
}

await runMain(main);
