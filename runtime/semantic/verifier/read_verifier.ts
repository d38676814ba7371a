/** The verifier's endpoint as the process was told of it. */
import { readFileSync } from 'node:fs';
import { CasaError } from '../../../policies/errors.ts';
import type { VerifierEndpoint } from './llm_verifier.ts';

export interface VerifierFlags {
  readonly 'verifier-url'?: string | undefined;
  readonly 'verifier-model'?: string | undefined;
  readonly 'verifier-key-file'?: string | undefined;
}

/** Below the time in which an enforcement point must answer Envoy. */
export const verifierTimeoutMs = 2_000;

/** null: none is configured. The key comes from its file, else from `CASA_VERIFIER_KEY`; many local servers need none. */
export function readVerifier(
  flags: VerifierFlags,
  environment: { readonly [name: string]: string | undefined },
): VerifierEndpoint | null {
  const baseUrl = flags['verifier-url'] ?? environment.CASA_VERIFIER_URL;
  const model = flags['verifier-model'] ?? environment.CASA_VERIFIER_MODEL;
  if (baseUrl === undefined && model === undefined) return null;
  if (baseUrl === undefined || model === undefined) throw wrong('a verifier needs both its URL and its model');
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) throw wrong('`--verifier-url` is no URL');
  const file = flags['verifier-key-file'];
  const apiKey = file === undefined ? environment.CASA_VERIFIER_KEY : readFileSync(file, 'utf8').trim();
  return { baseUrl, model, apiKey: apiKey || 'none', timeoutMs: verifierTimeoutMs };
}

function wrong(message: string): CasaError {
  return new CasaError('configuration_invalid', message);
}
