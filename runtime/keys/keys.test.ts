import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../store/open_store.ts';
import type { Store } from '../store/store.ts';
import { openKeyEncryption, temporaryKeyEncryption } from './key_encryption.ts';
import { SigningKeys } from './signing_keys.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'casa-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('encryption of keys', () => {
  it('makes its file once, for its owner only, and opens again what it closed', () => {
    const file = join(folder, 'kek');
    const sealed = openKeyEncryption(file).encrypt('secret', 'a');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openKeyEncryption(file).decrypt(sealed, 'a')).toBe('secret');
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('secret');
  });

  it('opens nothing with another key, under another name, or after a change', () => {
    const encryption = temporaryKeyEncryption();
    const sealed = encryption.encrypt('secret', 'a');
    const changed = Uint8Array.from(sealed, (byte, index) => (index === 15 ? byte ^ 1 : byte));
    const wrong = { code: 'configuration_invalid' };
    expect(() => temporaryKeyEncryption().decrypt(sealed, 'a')).toThrow(expect.objectContaining(wrong));
    expect(() => encryption.decrypt(sealed, 'b')).toThrow(expect.objectContaining(wrong));
    expect(() => encryption.decrypt(changed, 'a')).toThrow(expect.objectContaining(wrong));
    expect(() => encryption.decrypt(new Uint8Array(), 'a')).toThrow(expect.objectContaining(wrong));
  });

  it('derives the same bytes of one key and name only', () => {
    const [file, other] = [join(folder, 'derived'), temporaryKeyEncryption()];
    const derived = openKeyEncryption(file).derive('a', 16);
    expect(derived).toHaveLength(16);
    expect(openKeyEncryption(file).derive('a', 16)).toEqual(derived);
    expect(openKeyEncryption(file).derive('b', 16)).not.toEqual(derived);
    expect(other.derive('a', 16)).not.toEqual(derived);
  });

  it('writes nothing beside a key that is there: a mounted Secret is read-only', () => {
    const secret = mkdtempSync(join(folder, 'secret-'));
    writeFileSync(join(secret, 'key'), randomBytes(32).toString('base64'));
    const before = statSync(secret, { bigint: true }).mtimeNs;
    openKeyEncryption(join(secret, 'key'));
    expect(statSync(secret, { bigint: true }).mtimeNs).toBe(before);
  });

  it('refuses a file that holds no key', () => {
    const file = join(folder, 'short');
    writeFileSync(file, 'c2hvcnQ=');
    expect(() => openKeyEncryption(file)).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
  });
});

describe('signing keys', () => {
  let store: Store;
  const encryption = temporaryKeyEncryption();
  beforeAll(async () => {
    store = await openStore({ kind: 'memory' }, 0);
    await store.script("insert into mas (name, revision, resources, bundle, updated_at) values ('n.m', '', '', '', 0)");
  });
  afterAll(() => store.close());

  it('are made once, also when two replicas ask at once', async () => {
    const [one, other] = await Promise.all([
      new SigningKeys(store, encryption).of('n.m', 0),
      new SigningKeys(store, encryption).of('n.m', 0),
    ]);
    expect(one.jwks).toEqual(other.jwks);
    expect(one.jwks.keys).toHaveLength(1);
  });

  it('are not made for a system that is not stored, and the next try may succeed', async () => {
    const keys = new SigningKeys(store, encryption);
    await expect(keys.of('n.later', 0)).rejects.toThrow();
    await store.script(
      "insert into mas (name, revision, resources, bundle, updated_at) values ('n.later', '', '', '', 0)",
    );
    expect((await keys.of('n.later', 0)).jwks.keys).toHaveLength(1);
  });

  it('do not open under another key file', async () => {
    const others = new SigningKeys(store, temporaryKeyEncryption());
    await expect(others.of('n.m', 0)).rejects.toMatchObject({ code: 'configuration_invalid' });
  });
});
