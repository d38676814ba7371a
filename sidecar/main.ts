#!/usr/bin/env node
/** `casa-sidecar`: Envoy and ext-authz beside one app, until it is asked to end. `casa-sidecar --ready`: whether they are. */
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { parseEnvironment, runDirOf } from './environment.ts';
import { sidecarPlaces } from './places.ts';
import { isReady } from './ready.ts';
import { Supervisor } from './supervisor.ts';

const { values } = parseArgs({ options: { ready: { type: 'boolean' } } });
if (values.ready === true) {
  process.exitCode = (await isReady(sidecarPlaces(runDirOf(process.env)))) ? 0 : 1;
} else {
  await main();
}

async function main(): Promise<void> {
  const log = pino({ base: { part: 'sidecar' } });
  try {
    const ended = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.abort());
    const supervisor = Supervisor.open(parseEnvironment(process.env), {
      said: (line) => log.info(line),
      failed: (error, message) => log.error({ err: error }, message),
    });
    await supervisor.untilEnded(ended.signal);
  } catch (error) {
    log.fatal({ err: error }, 'cannot go on');
    process.exitCode = 1;
  }
}
