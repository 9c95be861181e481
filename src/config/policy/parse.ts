import { type Environment, SettingsError } from '../read.ts';
import { buildPolicy } from './build.ts';
import { readDocument } from './document.ts';
import { findFiles, readSecrets } from './outside.ts';
import type { PolicyFile } from './policy-file.ts';
import { contradictions } from './rules.ts';
import { policySchema } from './schema.ts';
import { Faults, Spot } from './spot.ts';

export interface Origin {
  /** As messages name it. */
  readonly file: string;
  /** Where relative paths start. */
  readonly folder: string;
  readonly env: Environment;
}

/** A policy from its text. Rejects with a SettingsError that lists all faults at once. */
export async function parsePolicy(text: string, origin: Origin): Promise<PolicyFile> {
  const faults = new Faults(origin.file);
  const document = readDocument(text, faults);
  if (document === undefined) throw new SettingsError(faults.list);
  const root = new Spot(document, faults);
  const raw = policySchema.read(root);
  contradictions(root);
  const secrets = readSecrets(root, origin.env);
  await findFiles(root, origin.folder);
  if (raw === undefined || faults.list.length > 0) throw new SettingsError(faults.list);
  const issuers = root.field('issuers')?.items ?? [];
  const keysAt = issuers.map((issuer) => issuer.field('keys')?.prefix ?? issuer.prefix);
  return buildPolicy(raw, { folder: origin.folder, secrets, keysAt });
}
