import { parsePolicyText, readPolicyText } from './config/policy/load.ts';
import type { PolicyFile, PolicyIssuer, PolicyRules } from './config/policy/policy-file.ts';
import type { Environment } from './config/read.ts';
import type { Settings } from './config/settings.ts';
import type { Requirement, RevocationScope, TokenPlace, Told } from './domain/claims.ts';
import type { Clock } from './domain/clock.ts';
import type { Logger } from './domain/ports.ts';
import { type ClaimReader, claimReader, jtiHashReader, textReader } from './jwt/claim-reader.ts';
import type { TokenCache } from './jwt/token-cache.ts';
import { type Issuer, JwtVerifier } from './jwt/verifier.ts';
import type { KeySets, RunningKeySet } from './key-sets.ts';
import { policyOfSettings } from './options.ts';
import { type ActivePolicy, PolicyKeeper, type PolicySource } from './policy/keeper.ts';
import { createResolver } from './policy/resolver.ts';
import { RouteTable } from './policy/route-table.ts';
import { prefixFaults } from './policy-check.ts';

export interface PolicyParts {
  readonly keySets: KeySets;
  readonly tokens: TokenCache;
  readonly clock: Clock;
  /** How long revocations are kept after `exp`, in seconds. */
  readonly revocationMarginSec: number;
}

/** What holds for checks, and all that keeps it up to date. */
export async function openPolicy(
  settings: Settings,
  env: Environment,
  parts: PolicyParts,
  logger: Logger,
): Promise<PolicyKeeper> {
  const { AUTH_POLICY_FILE: path } = settings;
  const source: PolicySource =
    path === undefined
      ? { read: async () => '', build: () => createPolicy(policyOfSettings(settings), parts) }
      : {
          read: () => readPolicyText(path),
          async build(text) {
            const file = await parsePolicyText(text, path, env);
            const faults = prefixFaults(file, settings.REVOCATION_KEY_PREFIX);
            if (faults.length > 0) throw new Error(faults.join('\n'));
            return createPolicy(file, parts);
          },
        };
  return PolicyKeeper.open(source, parts.clock, logger);
}

/** From what a policy says to what judges by it. Rejects when keys that must be there are not. */
export async function createPolicy(file: PolicyFile, parts: PolicyParts): Promise<ActivePolicy> {
  const told = new ToldClaims();
  const rules = [file.defaults, ...file.policies.values(), ...file.routes.map((it) => it.rules)];
  const telling = new Map(rules.map((each) => [each, tellingOf(each, file.headerNames, told)]));
  const leases = await takeAll(file.issuers, parts.keySets);
  const issuers = file.issuers.map((issuer, i) =>
    issuerOf(issuer, leases[i]?.set as RunningKeySet, told.readers, parts.revocationMarginSec),
  );
  const common = {
    verifier: new JwtVerifier(issuers, parts.tokens, parts.clock),
    places: file.tokens.map((place): TokenPlace => ({ ...place })),
  };
  const requirementOf = (name: string, each: PolicyRules): Requirement => ({
    ...common,
    ...(telling.get(each) as Telling),
    name,
    anonymous: each.anonymous === 'allow',
    outage: each.outage,
    scopes: each.requiredScopes,
    audiences: each.audiences,
  });
  const routes = file.routes.map(({ methods = [], host, path, rules: each }, i) => ({
    ...{ methods, path, value: requirementOf(`routes[${i}]`, each) },
    host: host?.kind === 'suffix' ? `*${host.value}` : host?.value,
  }));
  const named = Array.from(
    file.policies,
    ([name, each]) => [name, requirementOf(`policies.${name}`, each)] as const,
  );
  const resolver = createResolver({
    routes: routes.length === 0 ? undefined : new RouteTable(routes),
    fallback: requirementOf('defaults', file.defaults),
    named: new Map(named),
  });
  return {
    resolve: (check) => resolver.resolve(check),
    scopes: scopesOf(issuers),
    get components() {
      return leases.flatMap(({ set }) => set.component ?? []);
    },
    stop() {
      for (const { giveBack } of leases) giveBack();
    },
  };
}

function scopesOf(issuers: readonly Issuer[]): readonly RevocationScope[] {
  const all = issuers.flatMap(({ revocation, revokeBy }) => [
    ...(revocation === 'sid' ? (['sid'] as const) : []),
    ...revokeBy,
  ]);
  return [...new Set(all)];
}

async function takeAll(issuers: readonly PolicyIssuer[], keySets: KeySets) {
  const taken = await Promise.allSettled(issuers.map((issuer) => keySets.take(issuer)));
  const leases = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const faults = taken.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (faults.length === 0) return leases;
  for (const { giveBack } of leases) giveBack();
  throw new Error(faults.map((fault: Error) => fault.message).join('\n'));
}

function issuerOf(
  issuer: PolicyIssuer,
  keys: RunningKeySet,
  told: readonly ClaimReader[],
  marginSec: number,
): Issuer {
  return {
    ...{ keys, told },
    issuer: issuer.issuer,
    algorithms: issuer.algorithms,
    types: new Set(issuer.tokenTypes.flatMap((type) => [type, `application/${type}`])),
    audiences: issuer.audiences,
    audienceClaim: issuer.audienceClaim,
    clockSkewSec: issuer.clockSkewSec,
    expToleranceSec: Math.min(issuer.clockSkewSec, marginSec),
    maxLifetimeSec: issuer.maxLifetimeSec,
    revocation: issuer.revocation,
    revokeBy: issuer.revokeBy.map((scope) => (scope === 'issuer' ? 'iss' : scope)),
    certificateBound: issuer.certificateBound,
  };
}

/** All that is told of tokens by any rule, each once: what is told is kept with every cached token. */
class ToldClaims {
  readonly readers: ClaimReader[] = [];
  readonly #places = new Map<string, number>();

  /** `id`: equal for readers that read the same. */
  placeOf(id: string, reader: () => ClaimReader): number {
    const place = this.#places.get(id) ?? this.readers.push(reader()) - 1;
    this.#places.set(id, place);
    return place;
  }
}

type Telling = Pick<Requirement, 'identityHeaders' | 'metadata'>;

const METADATA: Readonly<Record<PolicyRules['metadata'][number], () => ClaimReader>> = {
  sub: () => textReader('sub'),
  iss: () => textReader('iss'),
  scopes: () => textReader('scope'),
  jti_hash: () => jtiHashReader,
};

/** A header that only other rules set is removed here: what the downstream says is not ours. */
function tellingOf(rules: PolicyRules, names: readonly string[], told: ToldClaims): Telling {
  const headers = new Map(rules.headers.map((header) => [header.name, header]));
  return {
    identityHeaders: names.map((name): Told => {
      const header = headers.get(name);
      if (header === undefined) return { name, told: NOTHING };
      const { claim, encode, separator } = header;
      const id = JSON.stringify([claim, encode, separator]);
      return { name, told: told.placeOf(id, () => claimReader(claim, { encode, separator })) };
    }),
    metadata: rules.metadata.map(
      (name): Told => ({ name, told: told.placeOf(`metadata ${name}`, METADATA[name]) }),
    ),
  };
}

/** Where no claim is told. */
const NOTHING = -1;
