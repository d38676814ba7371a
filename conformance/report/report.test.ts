import { expect, test } from 'vitest';
import type { BehaviourResult } from '../run/result.ts';
import { renderJson } from './render_json.ts';
import { renderJunit } from './render_junit.ts';
import { renderText } from './render_text.ts';

const passed: BehaviourResult = {
  id: 'calls_pass',
  behaviour: 'a call passes',
  source: 'b/calls_pass.yaml',
  driver: 'grpc',
  result: 'passed',
  failure: null,
  durationMs: 1250,
};
const failed: BehaviourResult = {
  ...passed,
  id: 'calls_fail',
  behaviour: 'a <call> "fails" & \u0007 is refused',
  result: 'failed',
  failure: {
    step: 2,
    line: 9,
    kind: 'call',
    expected: 'decision deny',
    got: 'decision allow',
    checks: [
      { check: 'TOKEN', outcome: 'ALLOW', reason: 'ok', detail: 'clerk' },
      { check: 'SCOPE', outcome: 'ABSTAIN', reason: 'ok', detail: '' },
    ],
  },
};
const skipped: BehaviourResult = { ...passed, id: 'not_here', result: 'skipped', durationMs: 0 };
const results = [passed, failed, skipped];

test('the text names the file, the line, both sides and the checks that had a say', () => {
  expect(renderText(results)).toBe(`ok   grpc       calls_pass: a call passes
FAIL grpc       calls_fail: a <call> "fails" & \u0007 is refused
       b/calls_pass.yaml:9 step 2 (call)
       expected  decision deny
       got       decision allow
       ALLOW TOKEN ok clerk
skip grpc       not_here: a call passes (not for this driver)
conformance: 1 passed, 1 failed, 1 skipped
`);
});

test('the JSON report is the results', () => {
  expect(JSON.parse(renderJson(results))).toEqual({ results });
});

test('JUnit parsed back has every case, counted, with its failure', () => {
  const suites = parseXml(renderJunit(results));
  expect(suites).toMatchObject({ name: 'testsuites', attributes: { tests: '3', failures: '1', skipped: '1' } });
  const [suite] = suites.children;
  expect(suite).toMatchObject({
    name: 'testsuite',
    attributes: { name: 'conformance.grpc', tests: '3', failures: '1', skipped: '1', time: '2.500' },
  });
  expect(
    suite?.children.map(({ attributes, children }) => [attributes.name, children.map(({ name }) => name)]),
  ).toEqual([
    ['calls_pass', []],
    ['calls_fail', ['failure']],
    ['not_here', ['skipped']],
  ]);
  const failure = suite?.children[1]?.children[0];
  expect(failure?.attributes).toEqual({ message: 'expected decision deny; got decision allow', type: 'call' });
  expect(failure?.text).toContain('a <call> "fails" & \ufffd is refused');
});

interface XmlElement {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: XmlElement[];
  text: string;
}

/** Reads well-formed XML of elements, attributes and text; throws on anything else. */
function parseXml(xml: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let index = xml.indexOf('?>') + 2;
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/y;
  while (index < xml.length) {
    token.lastIndex = index;
    const match = token.exec(xml);
    const parent = open.at(-1);
    if (match === null || parent === undefined) throw new Error(`not well-formed at ${xml.slice(index, index + 40)}`);
    index += match[0].length;
    const [, closing, name = '', attributes = '', empty, text] = match;
    if (text !== undefined) parent.text += unescapeXml(text);
    else if (closing === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const element = { name, attributes: parseAttributes(attributes), children: [], text: '' };
      parent.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  const [only] = root.children;
  if (only === undefined || open.length !== 1) throw new Error('not one element');
  return only;
}

function parseAttributes(text: string): { readonly [name: string]: string } {
  return Object.fromEntries(
    [...text.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescapeXml(value ?? '')]),
  );
}

function unescapeXml(text: string): string {
  const entities: { readonly [name: string]: string } = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);
}
