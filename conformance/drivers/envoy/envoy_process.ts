import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { EnvoyBootstrap } from '../../../compiler/envoy/bootstrap.ts';
import { CasaError } from '../../../policies/errors.ts';
import { envoyArguments, envoyServes } from '../../../sidecar/envoy.ts';
import { until } from '../../../sidecar/process/listening.ts';
import { mortal } from '../../../sidecar/process/mortal.ts';
import { StartedProcess } from '../../../sidecar/process/started_process.ts';
import { findEnvoy } from './find_envoy.ts';

const readyMaxMs = 60_000;

/** One Envoy that serves, and where its two listeners are. */
export interface RunningEnvoy {
  readonly inboundPort: number;
  readonly outboundPort: number;
  stop(): Promise<void>;
}

/**
 * Starts an Envoy with this configuration, whose files are in `folder`; resolves when it serves. Throws `tool_missing` where there is
 * none.
 */
export async function startEnvoy(name: string, folder: string, bootstrap: EnvoyBootstrap): Promise<RunningEnvoy> {
  const binary = findEnvoy();
  if (binary === null) throw new CasaError('tool_missing', 'there is no Envoy here: put `envoy` 1.40 on PATH');
  const config = join(folder, 'envoy.json');
  writeFileSync(config, JSON.stringify(bootstrap), { mode: 0o600 });
  const started = new StartedProcess({
    name: `envoy of ${name}`,
    argv: mortal([binary, ...envoyArguments(config)]),
    env: { PATH: process.env.PATH ?? '' },
    cwd: folder,
    log: join(folder, 'envoy.log'),
  });
  const admin = bootstrap.admin.address.pipe.path;
  try {
    const ended = started.ended.then((code) => Promise.reject(started.failure(code)));
    await Promise.race([until(() => envoyServes(admin), AbortSignal.timeout(readyMaxMs)), ended]);
    const ports = await listeningPorts(admin);
    return {
      inboundPort: portOf(ports, 'inbound'),
      outboundPort: portOf(ports, 'outbound'),
      stop: () => started.stop(),
    };
  } catch (error) {
    await started.stop();
    throw error;
  }
}

function portOf(ports: ReadonlyMap<string, number>, name: string): number {
  const port = ports.get(name);
  if (port === undefined) throw new CasaError('bug', `an Envoy has no listener \`${name}\``);
  return port;
}

/** By name of the listener. */
async function listeningPorts(adminSocket: string): Promise<ReadonlyMap<string, number>> {
  const text = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath: adminSocket, path: '/listeners' }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () => resolve(body));
    });
    asked.on('error', reject);
    asked.end();
  });
  // One line each: `inbound::127.0.0.1:45007`.
  return new Map([...text.matchAll(/^(\w+)::.*:(\d+)$/gm)].map(([, name = '', port]) => [name, Number(port)]));
}
