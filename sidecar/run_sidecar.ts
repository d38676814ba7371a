import { pino } from 'pino';
import { parseEnvironment } from './environment.ts';
import { Supervisor } from './supervisor.ts';

/** Runs a sidecar until it is asked to end; sets the exit code when it cannot go on. */
export async function runSidecar(): Promise<void> {
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
