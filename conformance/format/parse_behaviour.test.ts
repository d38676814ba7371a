import { expect, test } from 'vitest';
import { parseBehaviour } from './parse_behaviour.ts';

const system = `{
  apiVersion: casa.io/v1alpha1, kind: MultiAgentSystem, metadata: { name: one, namespace: one },
  spec: { name: One, apps: [{ name: clerk, type: agent, kubernetesWorkloadName: clerk, baseUrl: { host: 'clerk:80', scheme: http } }] } }`;

function behaviourText(steps: string, more = ''): string {
  return `id: some_id\nbehaviour: something that must hold\nresources: [${system}]\nclock: 2026-03-02T09:00:00Z\n${more}steps:\n${steps}`;
}

function codesAndMessages(text: string): readonly string[] {
  const { behaviour, issues } = parseBehaviour({ source: 'b.yaml', text }, () => null);
  expect(behaviour).toBeNull();
  return issues.map(({ code, line, column, path, message }) => `${line}:${column} ${code} ${path} ${message}`);
}

const good = '  - prompt: { from: outside, to: clerk, text: hello, as: s1 }\n    expect: { decision: allow }\n';

test('a behaviour keeps its clock, its steps with their lines, and all drivers unless it names them', () => {
  const { behaviour, issues } = parseBehaviour({ source: 'b.yaml', text: behaviourText(good) }, () => null);
  expect(issues).toEqual([]);
  expect(behaviour).toMatchObject({
    id: 'some_id',
    source: 'b.yaml',
    clockMs: 1772442000000,
    drivers: ['in_process', 'grpc', 'envoy'],
  });
  expect(behaviour?.steps).toEqual([
    {
      kind: 'prompt',
      line: 8,
      prompt: { from: 'outside', to: 'clerk', text: 'hello', as: 's1' },
      expect: { decision: 'allow' },
    },
  ]);
});

test('an unknown key is an issue with its place and the nearest name', () => {
  const steps = '  - prompt: { from: outside, to: clerk, txt: hello, text: hi }\n    expect: { decision: allow }\n';
  expect(codesAndMessages(behaviourText(steps))).toEqual([
    '8:41 unknown_field steps[0].prompt.txt unknown field `txt` (did you mean `text`?)',
  ]);
});

test('a reason that is not on the closed list is an issue', () => {
  const steps =
    '  - prompt: { from: outside, to: clerk, text: hi }\n    expect: { decision: deny, reason: token_invalidd }\n';
  expect(codesAndMessages(behaviourText(steps))).toEqual([
    expect.stringMatching(/^9:31 unknown_value steps\[0\].expect.reason .*\(did you mean `token_invalid`\?\)$/),
  ]);
});

test('a label that no earlier step gave and an app that is none are issues, both at once', () => {
  const steps = `${good}  - llm: { app: clark, session: s2, selects: [] }\n    expect: { decision: allow }\n`;
  expect(codesAndMessages(behaviourText(steps))).toEqual([
    '10:12 unknown_app steps[1].llm.app no app named `clark` (did you mean `clerk`?)',
    '10:24 unknown_label steps[1].llm.session no earlier step is labelled `s2` (did you mean `s1`?)',
  ]);
});

test('a step does one thing, and says what is expected of it exactly when something is decided', () => {
  const steps = `${good}  - advance: { seconds: 1 }\n    expect: { decision: allow }\n  - prompt: { from: outside, to: clerk, text: hi }\n  - expect: { decision: allow }\n`;
  expect(codesAndMessages(behaviourText(steps)).map((line) => line.split(' ')[1])).toEqual([
    'nothing_decided',
    'missing_field',
    'not_one_kind',
  ]);
});

test('duplicate keys and a second document are issues', () => {
  expect(codesAndMessages(`${behaviourText(good)}id: other\n`)).toEqual([expect.stringContaining('duplicate_key')]);
  expect(codesAndMessages(`${behaviourText(good)}---\nid: other\n`)).toEqual([
    expect.stringContaining('not_one_document'),
  ]);
});

test('a manifest that is not there, or has mistakes, keeps the behaviour from running', () => {
  const text = behaviourText(good).replace('resources: [', 'resources: [nowhere.yaml, ');
  expect(codesAndMessages(text)).toEqual([expect.stringContaining('unknown_file resources[0] no file `nowhere.yaml`')]);
  expect(codesAndMessages(behaviourText(good).replace('type: agent', 'type: agnt'))).toEqual([
    expect.stringMatching(/^5:\d+ unknown_value resources\[0\].spec.apps\[0\].type .*did you mean `agent`/),
  ]);
});

test('resources that do not compile are issues with their place in the file', () => {
  const policy = `{ apiVersion: casa.io/v1alpha1, kind: CASAPolicy, metadata: { name: p, namespace: one }, spec: {
    targetRef: { kind: Deployment, name: clerk }, allowedEndpoints: [{ name: clark }] } }`;
  const text = behaviourText(good).replace('resources: [', `resources: [${policy}, `);
  expect(codesAndMessages(text)).toEqual([
    expect.stringMatching(/^4:\d+ unknown_app resources\[0\].spec.allowedEndpoints\[0\].name no app named `clark`/),
  ]);
});

test('a forged token is forged after a model', () => {
  const steps = '  - replay_token: { token: forged, to: clerk, tool: t }\n    expect: { decision: deny }\n';
  expect(codesAndMessages(behaviourText(steps))).toEqual([
    expect.stringContaining('missing_field steps[0].replay_token.like is required beside `forged`'),
  ]);
});
