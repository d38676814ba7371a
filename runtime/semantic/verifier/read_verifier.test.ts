import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readVerifier, verifierTimeoutMs } from './read_verifier.ts';

it('is none unless one is named', () => {
  expect(readVerifier({}, { CASA_VERIFIER_KEY: 'k' })).toBeNull();
});

it('is named by flags before the environment, its key by a file before the environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'casa-verifier-'));
  try {
    writeFileSync(join(folder, 'key'), ' of-the-file\n');
    const environment = { CASA_VERIFIER_URL: 'http://b/v1', CASA_VERIFIER_MODEL: 'b', CASA_VERIFIER_KEY: 'of-b' };
    const flags = { 'verifier-url': 'https://a/v1', 'verifier-key-file': join(folder, 'key') };
    expect(readVerifier(flags, environment)).toEqual({
      baseUrl: 'https://a/v1',
      model: 'b',
      apiKey: 'of-the-file',
      timeoutMs: verifierTimeoutMs,
    });
    expect(readVerifier({}, environment)?.apiKey).toBe('of-b');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('is refused when it is half named, or no URL', () => {
  const wrong = expect.objectContaining({ code: 'configuration_invalid' });
  expect(() => readVerifier({ 'verifier-url': 'http://a' }, {})).toThrow(wrong);
  expect(() => readVerifier({ 'verifier-model': 'a' }, {})).toThrow(wrong);
  expect(() => readVerifier({ 'verifier-url': 'file:///a', 'verifier-model': 'a' }, {})).toThrow(wrong);
});
