/** Starting an Envoy of ours, and asking whether it serves: beside a pod's app and in `casa local` alike. */
import { request } from 'node:http';

/** The arguments of an Envoy whose whole configuration is `configFile`. */
export function envoyArguments(configFile: string): readonly string[] {
  const flags = ['--disable-hot-restart', '--file-flush-interval-msec', '200', '--reject-unknown-dynamic-fields'];
  return ['-c', configFile, '--concurrency', '1', '--log-level', 'warning', ...flags];
}

/** Whether the Envoy behind this admin socket says that it serves all its listeners. */
export function envoyServes(adminSocket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: adminSocket, path: '/ready', timeout: 1_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
