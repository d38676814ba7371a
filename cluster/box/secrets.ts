import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../run_tool.ts';
import type { BoxPlaces } from './places.ts';

const ownerOnly = { mode: 0o600 };

/** Writes the keys of a new cluster; the token of its administrator. */
export async function writeSecrets({ secrets }: BoxPlaces): Promise<string> {
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(secrets, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), ownerOnly);
  writeFileSync(join(secrets, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  const token = randomBytes(24).toString('hex');
  writeFileSync(join(secrets, 'tokens.csv'), `${token},casa-box,0,"system:masters"\n`, ownerOnly);
  await makeKubeletClient(secrets);
  return token;
}

/** What the API server shows the kubelet, which trusts this one certificate and lets nobody in without. */
async function makeKubeletClient(secrets: string): Promise<void> {
  await runTool('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'],
    ...['-subj', '/O=system:masters/CN=kube-apiserver', '-addext', 'extendedKeyUsage=clientAuth'],
    ...['-keyout', join(secrets, 'kubelet-client.key'), '-out', join(secrets, 'kubelet-client.crt')],
  ]);
}

/** A kubeconfig as text: every right, at this address. The API server's certificate is its own authority. */
export function emitKubeconfig(server: string, authority: Uint8Array, token: string): string {
  const cluster = {
    server,
    'certificate-authority-data': Buffer.from(authority).toString('base64'),
    // The certificate has the cluster's own names, whatever way leads there.
    'tls-server-name': 'kubernetes.default.svc',
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'casa-box',
    clusters: [{ name: 'casa-box', cluster }],
    users: [{ name: 'casa-box', user: { token } }],
    contexts: [{ name: 'casa-box', context: { cluster: 'casa-box', user: 'casa-box' } }],
  });
}
