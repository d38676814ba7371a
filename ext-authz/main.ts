import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { CasaError } from '../policies/errors.ts';
import { parseConfig } from './config.ts';
import { EnforcementPoint, type PepLog, thisWorld } from './pep.ts';

const log = pino();

try {
  await main();
} catch (error) {
  log.fatal({ err: error }, 'cannot start');
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) throw new CasaError('configuration_invalid', 'usage: main --config FILE');
  const config = parseConfig(JSON.parse(readFileSync(values.config, 'utf8')));
  const point = await EnforcementPoint.open(config, thisWorld, openLog(config.mas, config.app));
  const stop = () => {
    point.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** `ready` is said once, with the first bundle; what stays broken is said once, until it changes. */
function openLog(mas: string, app: string): PepLog {
  let ready = false;
  let lastFailure = '';
  return {
    bundleLoaded(revision) {
      lastFailure = '';
      log.info({ mas, app, revision }, ready ? 'bundle loaded' : 'ready');
      ready = true;
    },
    bundleFailed(error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== lastFailure) log.warn({ mas, app, err: error }, 'no new bundle');
      lastFailure = failure;
    },
    checkFailed: (error) => log.error({ mas, app, err: error }, 'a check failed and was denied'),
    streamFailed: (error) => log.error({ mas, app, err: error }, 'an ext_proc stream failed'),
  };
}
