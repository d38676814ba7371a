import { describe, expect, test } from 'vitest';
import { compile } from '../../compiler/compile.ts';
import { loadResources } from '../../crds/load.ts';
import { parseLocalFile } from '../file/parse_local_file.ts';
import { planLocal, portsNeeded, urlBetween } from './plan_local.ts';
import type { Mode, Plan } from './planned.ts';

const manifest = (name: string) => `
apiVersion: casa.io/v1alpha1
kind: MultiAgentSystem
metadata: { name: ${name}, namespace: here }
spec:
  name: ${name}
  llm_host: llm.example.com:8090
  apps:
    - { name: caller, type: client, kubernetesWorkloadName: ${name}-caller, baseUrl: { host: 'caller:8081', scheme: http } }
    - { name: tools, type: mcp_server, kubernetesWorkloadName: ${name}-tools, baseUrl: { host: 'tools:8080', scheme: http } }
`;
const apps = `
  - { name: caller }
  - { name: tools, command: [node, tools.js] }
  - { name: llm, external: true, command: [node, llm.js], port: 8090, host: [llm.example.com] }
`;

function plan(mode: Mode, list = apps, systems = ['one']) {
  const { file, issues } = parseLocalFile(`kind: casa.io/local/v1\nmanifests: [m]\napps:${list}`, '/x/local.yaml');
  if (file === null) throw new Error(JSON.stringify(issues));
  const compiled = compile(loadResources(systems.map((name) => ({ source: name, text: manifest(name) }))));
  const freePorts = Array.from({ length: portsNeeded(file) }, (_, index) => 20_000 + index);
  return planLocal({ file, systems: compiled.systems, mode, id: '0a0b0c', freePorts });
}

function planned(mode: Mode): Plan {
  const { plan: made, issues } = plan(mode);
  if (made === null) throw new Error(JSON.stringify(issues));
  return made;
}

function url(made: Plan, from: string, to: string): string | null {
  const app = made.apps.find(({ name }) => name === from);
  return app === undefined ? null : urlBetween(made, app, to);
}

describe('planLocal', () => {
  test('in namespaces each app has an address, a user and its own names and port', () => {
    const made = planned('netns');
    expect(
      made.apps.map(({ namespace, address, uid, hosts, listenPort }) => ({
        namespace,
        address,
        uid,
        hosts,
        listenPort,
      })),
    ).toEqual([
      { namespace: 'casa-0a0b0c-0', address: '10.74.11.2', uid: 20001, hosts: ['caller'], listenPort: null },
      { namespace: 'casa-0a0b0c-1', address: '10.74.11.3', uid: 20002, hosts: ['tools'], listenPort: 8080 },
      {
        namespace: 'casa-0a0b0c-2',
        address: '10.74.11.4',
        uid: 20003,
        hosts: ['llm.example.com', 'llm'],
        listenPort: 8090,
      },
    ]);
    expect(url(made, 'caller', 'tools')).toBe('http://tools:8080');
    expect(url(made, 'tools', 'llm')).toBe('http://llm.example.com:8090');
    expect(url(made, 'tools', 'caller')).toBeNull();
    expect(url(made, 'tools', 'ghost')).toBeNull();
  });

  test('on ports a caller leaves by its own Envoy, and arrives at the Envoy of the callee', () => {
    const made = planned('ports');
    const [caller, tools, llm] = made.apps;
    const outbound = caller?.envoyPorts?.outbound ?? [];
    expect(outbound.map(({ authority, upstreamPort }) => [authority, upstreamPort])).toEqual([
      ['tools:8080', tools?.envoyPorts?.inbound],
      ['llm.example.com:8090', llm?.listenPort],
    ]);
    expect(url(made, 'caller', 'tools')).toBe(`http://127.0.0.1:${outbound[0]?.port}`);
    expect(url(made, 'llm', 'tools')).toBe(`http://127.0.0.1:${tools?.envoyPorts?.inbound}`);
  });

  test('on ports no port is given twice', () => {
    const ports = planned('ports').apps.flatMap(({ listenPort, envoyPorts }) => [
      ...(listenPort === null ? [] : [listenPort]),
      ...(envoyPorts?.inbound ? [envoyPorts.inbound] : []),
      ...(envoyPorts?.outbound ?? []).map(({ port }) => port),
    ]);
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).not.toContain(0);
  });

  test('an app that fits no MAS, or two, is a mistake with the nearest name', () => {
    const messages = (list: string, systems: string[]) =>
      plan('netns', list, systems).issues.map((issue) => `${issue.path}: ${issue.message}`);
    expect(messages('\n  - { name: tolls }\n  - { name: tools, port: 80 }', ['one'])).toEqual([
      'apps[0].name: no MAS has an app `tolls` (did you mean `tools`?)',
      'apps[1].port: the MAS says 8080: leave it out, or write the same',
    ]);
    expect(messages('\n  - { name: tools }\n  - { name: caller, mas: here.on }', ['one', 'two'])).toEqual([
      'apps[0].mas: must say which: `here.one`, `here.two` each have an app `tools`',
      'apps[1].mas: no MAS named `here.on` (did you mean `here.one`?)',
    ]);
  });
});
