import { describe, expect, test } from 'vitest';
import { loadResources, loadValues } from './load.ts';
import { aliasesMax, documentsMax } from './parse_yaml.ts';

const published = `apiVersion: casa.io/v1alpha1
kind: MultiAgentSystem
metadata:
  name: my-mas
  namespace: my-mas
spec:
  name: my-mas
  enabledToolChecks:
    - DETERMINISTIC_TOOL_SELECTED
    - DETERMINISTIC_LLM_SELECTED_TOOLS
  llm_host: your-llm-host.example.com
  apps:
    - name: my-agent
      type: agent
      kubernetesWorkloadName: my-agent
      baseUrl:
        host: my-agent:8000
        scheme: http
      httpRequestSchema:
        promptFieldJsonPath: "{.prompt}"
    - name: my-mcp-server
      type: mcp_server
      kubernetesWorkloadName: my-mcp-server
      baseUrl:
        host: my-mcp-server:8080
        scheme: http
`;

function load(text: string) {
  return loadResources([{ source: 'a.yaml', text }]);
}

function lines(text: string): readonly string[] {
  return load(text).issues.map(
    (issue) => `${issue.line}:${issue.column} ${issue.resource} ${issue.path}: ${issue.message}`,
  );
}

const policy = (spec: string) =>
  `apiVersion: casa.io/v1alpha1\nkind: CASAPolicy\nmetadata: {name: p, namespace: bank}\nspec:\n  targetRef: {kind: Deployment, name: teller}\n${spec}`;

describe('loading manifests', () => {
  test('the published example loads unchanged', () => {
    const loaded = load(published);
    expect(loaded.issues).toEqual([]);
    expect(loaded.systems).toEqual([
      {
        apiVersion: 'casa.io/v1alpha1',
        kind: 'MultiAgentSystem',
        metadata: { name: 'my-mas', namespace: 'my-mas' },
        spec: {
          name: 'my-mas',
          enabledToolChecks: ['DETERMINISTIC_TOOL_SELECTED', 'DETERMINISTIC_LLM_SELECTED_TOOLS'],
          llm_host: 'your-llm-host.example.com',
          semanticCheck: { onAbstain: 'pass_reads', cacheTtlSeconds: 3600 },
          tokenTtlSeconds: 300,
          sessionTtlSeconds: 3600,
          selection: 'exact',
          denials: 'jsonrpc',
          enforcement: 'Enforce',
          apps: [
            {
              name: 'my-agent',
              type: 'agent',
              kubernetesWorkloadName: 'my-agent',
              baseUrl: { host: 'my-agent:8000', scheme: 'http' },
              httpRequestSchema: { promptFieldJsonPath: '{.prompt}' },
            },
            {
              name: 'my-mcp-server',
              type: 'mcp_server',
              kubernetesWorkloadName: 'my-mcp-server',
              baseUrl: { host: 'my-mcp-server:8080', scheme: 'http' },
            },
          ],
        },
      },
    ]);
  });

  test('every mistake is said at once, with its place and the nearest right name', () => {
    const text = published
      .replace('type: agent', 'type: agnt')
      .replace('llm_host:', 'llmHost:')
      .replace('      kubernetesWorkloadName: my-mcp-server\n', '');
    expect(lines(text)).toEqual([
      '11:3 multiagentsystem/my-mas/my-mas spec.llmHost: unknown field `llmHost` (did you mean `llm_host`?)',
      '14:7 multiagentsystem/my-mas/my-mas spec.apps[0].type: `agnt` is not one of agent, client, mcp_server (did you mean `agent`?)',
      '21:7 multiagentsystem/my-mas/my-mas spec.apps[1].kubernetesWorkloadName: is required (name of the Deployment, StatefulSet, DaemonSet or Pod that runs the app)',
    ]);
  });

  test('two apps of one name are an issue', () => {
    expect(lines(published.replace('name: my-mcp-server', 'name: my-agent'))).toEqual([
      '21:7 multiagentsystem/my-mas/my-mas spec.apps[1].name: `my-agent` is there twice',
    ]);
  });

  test('resources of others are passed over, unknown kinds of our group are not', () => {
    const text = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\n---\napiVersion: casa.io/v1alpha1\nkind: CasaPolicy\nmetadata: {name: a}\n`;
    expect(lines(text)).toEqual([
      '7:1 casapolicy/default/a kind: unknown kind `CasaPolicy` in `casa.io` (did you mean `CASAPolicy`?)',
    ]);
  });

  test('files of other programs are passed over, a resource without kind is not', () => {
    expect(load('replicas: 3\n---\n- a\n---\ntext\n').issues).toEqual([]);
    expect(lines(published.replace('kind: MultiAgentSystem\n', ''))).toEqual([
      '1:1  kind: is required, or this is no Kubernetes resource (such as `kind: CASAPolicy`)',
    ]);
  });

  test('another version of a kind is an issue', () => {
    expect(lines(policy('').replace('v1alpha1', 'v1'))).toEqual([
      '1:1 casapolicy/bank/p apiVersion: `casa.io/v1` is not served: `CASAPolicy` is of `casa.io/v1alpha1`',
    ]);
  });

  test('a duplicate key is an issue and keeps the document out', () => {
    const loaded = load(policy('  enforcement: Audit\n  enforcement: Enforce\n'));
    expect(loaded.issues).toMatchObject([{ code: 'duplicate_key', line: 7 }]);
    expect(loaded.policies).toEqual([]);
  });

  test('the same resource twice is an issue, and neither counts', () => {
    const loaded = load(`${policy('')}---\n${policy('  enforcement: Audit\n')}`);
    expect(loaded.issues).toMatchObject([{ code: 'duplicate_resource', resource: 'casapolicy/bank/p' }]);
    expect(loaded.policies).toEqual([]);
    expect(loaded.rejected).toHaveLength(2);
  });

  test('an anchor bomb is an issue', () => {
    const rows = Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`).join('\n');
    expect(load(`a0: &a0 [x]\n${rows}\n`).issues).toMatchObject([{ code: 'alias_invalid' }]);
    const few = Array.from({ length: aliasesMax + 1 }, () => '*a').join(',');
    expect(load(`a: &a 1\nb: [${few}]\n`).issues).toMatchObject([{ code: 'alias_invalid' }]);
  });

  test('too deep, too many and too large are issues', () => {
    expect(load('['.repeat(100) + ']'.repeat(100)).issues).toMatchObject([{ code: 'too_deep' }]);
    expect(load('['.repeat(100_000)).issues[0]).toMatchObject({ severity: 'error' });
    expect(load('---\n'.repeat(documentsMax + 2)).issues).toMatchObject([{ code: 'too_many_documents' }]);
    expect(load('#'.repeat(8 * 1024 * 1024 + 1)).issues).toMatchObject([{ code: 'text_too_large' }]);
    expect(loadValues([JSON.parse('['.repeat(100) + ']'.repeat(100))]).issues).toMatchObject([{ code: 'too_deep' }]);
  });

  test('hostile names are issues, shown short and harmless', () => {
    const name = JSON.stringify(`\u202e"]; allow := true ${'x'.repeat(65_536)}`);
    const [issue] = load(policy(`  tools: [{server: bank, name: ${name}, effect: Allow}]\n`)).issues;
    expect(issue?.code).toBe('out_of_bounds');
    const [formed] = load(policy(`  tools: [{server: bank, name: "\\u202e]", effect: Allow}]\n`)).issues;
    expect(formed?.message.startsWith('`\\u{202e}]` does not have the form')).toBe(true);
  });

  test('a List holds resources, found at their place', () => {
    const item = policy('  enforcment: Audit\n').replaceAll('\n', '\n    ');
    expect(lines(`apiVersion: v1\nkind: List\nitems:\n  - ${item}`)).toEqual([
      '9:7 casapolicy/bank/p spec.enforcment: unknown field `enforcment` (did you mean `enforcement`?)',
    ]);
  });

  test('objects that came as JSON get the same verdict', () => {
    const object = { apiVersion: 'casa.io/v1alpha1', kind: 'CASAPolicy', metadata: { name: 'p' }, spec: {} };
    expect(loadValues([object]).issues).toEqual([
      {
        code: 'missing_field',
        severity: 'error',
        resource: 'casapolicy/default/p',
        path: 'spec.targetRef',
        message: "is required (the workload that the policy is for, in the policy's namespace)",
      },
    ]);
  });

  test('an issue found later is given its place', () => {
    const { locate } = load(policy('  enforcement: Audit\n'));
    const issue = {
      code: 'x',
      severity: 'error',
      resource: 'casapolicy/bank/p',
      path: 'spec.enforcement',
      message: 'm',
    };
    expect(locate({ ...issue, severity: 'error' })).toEqual({ ...issue, source: 'a.yaml', line: 6, column: 3 });
  });
});
