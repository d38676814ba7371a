import { describe, expect, test } from 'vitest';
import { parseLocalFile } from './parse_local_file.ts';

const good = `
kind: casa.io/local/v1
manifests: [manifests]
project: ..
out: out
apps:
  - name: agent
    command: [node, agent.js]
    env: { PORT: 8080, RETRIES: 3 }
  - name: llm
    external: true
    command: [node, llm.js]
    port: 9000
    host: [LLM.example.com]
run:
  - { name: talk, app: agent, command: [node, talk.js] }
report: { command: [node, report.js] }
`;

describe('parseLocalFile', () => {
  test('reads a file and makes its paths absolute from its own folder', () => {
    const { file, issues } = parseLocalFile(good, '/home/me/demo/local.yaml');
    expect(issues).toEqual([]);
    expect(file).toEqual({
      manifests: ['/home/me/demo/manifests'],
      project: '/home/me',
      out: '/home/me/demo/out',
      apps: [
        {
          name: 'agent',
          mas: null,
          external: false,
          command: ['node', 'agent.js'],
          env: { PORT: '8080', RETRIES: '3' },
          cwd: '.',
          port: null,
          host: [],
          network: 'own',
        },
        {
          name: 'llm',
          mas: null,
          external: true,
          command: ['node', 'llm.js'],
          env: {},
          cwd: '.',
          port: 9000,
          host: ['llm.example.com'],
          network: 'own',
        },
      ],
      run: [{ name: 'talk', app: 'agent', command: ['node', 'talk.js'], env: {} }],
      report: { command: ['node', 'report.js'], env: {} },
    });
  });

  test('tells every mistake at once, with its path and the nearest name', () => {
    const { file, issues } = parseLocalFile(
      `
kind: casa.io/local/v2
apps:
  - { name: agent, comand: [node], network: host }
  - { name: Agent, external: true, mas: a.b, port: 70000 }
run:
  - { app: agnet }
`,
      'local.yaml',
    );
    expect(file).toBeNull();
    expect(issues.map((issue) => `${issue.path}: ${issue.message}`)).toEqual([
      'kind: must be `casa.io/local/v1`',
      'manifests: must name at least one file or folder',
      'apps[0].comand: unknown field (did you mean `command`?)',
      'apps[0].network: only an external app may run in the network of this machine',
      'apps[1].name: must be a name of small letters, digits and `-`',
      'apps[1].port: must be a port number',
      'apps[1].mas: an external app belongs to no MAS',
      'apps[1].command: an external app needs a command',
      'run[0].app: no app named `agnet` in this file (did you mean `agent`?)',
      'run[0].command: a step needs a command',
    ]);
  });

  test('names the line of text that is no YAML', () => {
    const { issues } = parseLocalFile('kind: [', 'local.yaml');
    expect(issues[0]).toMatchObject({ code: 'yaml', source: 'local.yaml', line: 1 });
  });
});
