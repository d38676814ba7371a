/** Private keys at rest: AES-256-GCM under one key that is never in the database. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CasaError } from '../../policies/errors.ts';

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

export interface KeyEncryption {
  /** `name` must be given again to decrypt: a row moved to another name does not open. */
  encrypt(plain: string, name: string): Uint8Array;
  /** Throws CasaError('configuration_invalid') when the key is another one, or the bytes were changed. */
  decrypt(sealed: Uint8Array, name: string): string;
  /** So many bytes that whoever has the same key, and nobody else, has for this name (RFC 5869). */
  derive(name: string, bytes: number): Uint8Array;
}

/** A key for one run of the process, for a database in memory. */
export function temporaryKeyEncryption(): KeyEncryption {
  return keyEncryption(randomBytes(keyBytes));
}

/** Reads the key in `file` (base64), or makes file and key when there is none (mode 0600). A file that is there may be read-only. */
export function openKeyEncryption(file: string): KeyEncryption {
  if (!existsSync(file)) makeKey(file);
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length !== keyBytes) {
    throw new CasaError('configuration_invalid', `\`${file}\` does not hold ${keyBytes} bytes in base64`);
  }
  return keyEncryption(key);
}

function makeKey(file: string): void {
  // Linked when it is complete: of two processes that start at once, one makes the key and both read it whole.
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, `${randomBytes(keyBytes).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new CasaError('configuration_invalid', `cannot write the key file \`${file}\``, { cause: error });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function keyEncryption(key: Uint8Array): KeyEncryption {
  return {
    encrypt(plain, name) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(name));
      return Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },
    derive: (name, bytes) => new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), name, bytes)),
    decrypt(sealed, name) {
      try {
        const tagStart = sealed.length - tagBytes;
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes));
        decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(tagStart));
        const plain = Buffer.concat([decipher.update(sealed.subarray(ivBytes, tagStart)), decipher.final()]);
        return plain.toString('utf8');
      } catch (cause) {
        throw new CasaError('configuration_invalid', 'the key file does not open the keys in this store', { cause });
      }
    },
  };
}
