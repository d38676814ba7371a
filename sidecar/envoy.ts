/** Starting an Envoy of ours, and asking it things: beside a pod's app and in `casa local` alike. */
import { request } from 'node:http';

const answerMs = 1_000;
/** What is under way on a listener that changed has this long to end: an LLM may answer slowly. */
const drainSeconds = 60;

/** The arguments of an Envoy that starts with `configFile`. */
export function envoyArguments(configFile: string): readonly string[] {
  const flags = ['--disable-hot-restart', '--file-flush-interval-msec', '200', '--reject-unknown-dynamic-fields'];
  return [
    '-c',
    configFile,
    '--concurrency',
    '1',
    '--log-level',
    'warning',
    '--drain-time-s',
    String(drainSeconds),
    ...flags,
  ];
}

/** Whether the Envoy behind this admin socket says that it serves all its listeners. */
export async function envoyServes(adminSocket: string): Promise<boolean> {
  return (await askAdmin(adminSocket, '/ready')) !== null;
}

/** Which versions of its clusters and listeners an Envoy runs with; null where it says nothing. */
export async function envoyVersions(
  adminSocket: string,
): Promise<{ readonly clusters: string | null; readonly listeners: string | null }> {
  const text = (await askAdmin(adminSocket, '/stats?filter=(lds|cds).version_text')) ?? '';
  const version = (of: string) => new RegExp(`^${of}\\.version_text: "([^"]*)"$`, 'm').exec(text)?.[1] ?? null;
  return { clusters: version('cluster_manager.cds'), listeners: version('listener_manager.lds') };
}

/** The body of an answer with status 200; null for everything else. */
function askAdmin(socketPath: string, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, timeout: answerMs }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : null));
      answer.on('error', () => resolve(null));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
