/** For tests: the real sentence model, fetched where it is missing. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installedModelsPath } from '../installed_models.ts';

/** The folder of models; throws what the script said when the model cannot be had. */
export async function installModel(): Promise<string> {
  const models = installedModelsPath();
  const script = join(dirname(dirname(models)), 'scripts', 'install_model.mjs');
  await promisify(execFile)(process.execPath, [script], { timeout: 300_000 });
  return models;
}

export const installTimeoutMs = 300_000;
/** What the model may take for an answer here, where others use the machine too. */
export const testTimeoutMs = 20_000;
