/** Where `scripts/install_model.mjs` puts models: beside this package, from source and from `dist/` alike. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function installedModelsPath(): string {
  return join(packageFolder(import.meta.dirname), '.tools', 'models');
}

function packageFolder(folder: string): string {
  const parent = dirname(folder);
  return existsSync(join(folder, 'package.json')) || parent === folder ? folder : packageFolder(parent);
}
