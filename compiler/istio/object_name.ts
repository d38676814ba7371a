import { sha256Hex } from '../../policies/canonical.ts';
import type { ObjectMetadata } from './objects.ts';

const nameLengthMax = 63;
const hashLength = 10;
const prefix = 'casa-';

const ownerLabel = 'app.kubernetes.io/managed-by';
const owner = 'casa-runtime';
/** What the controller finds its own objects by. */
export const ownerSelector = `${ownerLabel}=${owner}`;
/** For people: which MAS the object is of. */
const masAnnotation = 'casa.io/mas';

/**
 * A DNS-1123 label for any words, readable where it can be, and the same for the same words alone: the hash is over all of
 * them with their bounds.
 */
export function objectName(...words: readonly string[]): string {
  const hash = sha256Hex(JSON.stringify(words)).slice(0, hashLength);
  const readable = words
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, nameLengthMax - prefix.length - hashLength - 1)
    .replaceAll(/^-+|-+$/g, '');
  return readable === '' ? `${prefix}${hash}` : `${prefix}${readable}-${hash}`;
}

/** Metadata of an object of ours; `mas` is null for what all MAS of a namespace share. */
export function objectMetadata(namespace: string, name: string, mas: string | null): ObjectMetadata {
  const annotations = mas === null ? {} : { [masAnnotation]: mas };
  return { name, namespace, labels: { [ownerLabel]: owner }, annotations };
}
