/** Judges a bundle's `data.json` before it may serve: what the rules would silently misread is refused here. */
import { CasaError } from '../errors.ts';
import { type ArgumentKeyword, argumentDepthMax, type SystemDocument } from '../system.ts';

const keywords: { readonly [keyword in ArgumentKeyword]: true } = {
  type: true,
  enum: true,
  const: true,
  minimum: true,
  maximum: true,
  exclusiveMinimum: true,
  exclusiveMaximum: true,
  minLength: true,
  maxLength: true,
  pattern: true,
  minItems: true,
  maxItems: true,
  required: true,
  members: true,
  absent: true,
};

type Fields = { readonly [key: string]: unknown };

/** The document, if it is a whole one of this MAS; throws `bundle_corrupt`. */
export function parseSystemDocument(mas: string, value: unknown): SystemDocument {
  const system = fields(fields(value, 'data').mas, 'data.mas');
  expect(system.name === mas, `is of the system \`${String(system.name)}\`, not of \`${mas}\``);
  expect(isEnforcement(system.enforcement), 'has no enforcement');
  expect(system.on_abstain === 'block' || system.on_abstain === 'pass_reads', 'has no on_abstain');
  expect(typeof system.reads_arguments === 'boolean', 'does not say whether it reads arguments');
  fields(system.checks, 'checks');
  const rules = fields(system.rules, 'rules');
  for (const [id, rule] of Object.entries(rules)) checkRule(`rules[${id}]`, fields(rule, `rules[${id}]`));
  for (const [server, tools] of Object.entries(fields(system.tools, 'tools'))) {
    for (const [tool, found] of Object.entries(fields(tools, `tools.${server}`))) checkTool(`${server}/${tool}`, found);
  }
  for (const [app, found] of Object.entries(fields(system.apps, 'apps'))) checkApp(app, fields(found, app), rules);
  return value as SystemDocument; // every member that a rule reads was looked at above
}

function checkTool(name: string, value: unknown): void {
  const { selection, reads_only } = fields(value, name);
  expect(selection === 'exact' || selection === 'name', `tool \`${name}\` has no selection`);
  expect(typeof reads_only === 'boolean', `tool \`${name}\` has no reads_only`);
}

function checkApp(name: string, app: Fields, rules: Fields): void {
  expect(app.type === 'agent' || app.type === 'client' || app.type === 'mcp_server', `app \`${name}\` has no type`);
  expect(typeof app.takes_prompts === 'boolean' && isEnforcement(app.enforcement), `app \`${name}\` is incomplete`);
  expect(isTexts(app.policies), `app \`${name}\` has no policies`);
  for (const key of ['protocols', 'callees', 'llm', 'reach']) fields(app[key], `${name}.${key}`);
  const endpoints = fields(app.endpoints, `${name}.endpoints`);
  fields(endpoints.exact, `${name}.endpoints.exact`);
  expect(Array.isArray(endpoints.prefixes), `app \`${name}\` has no prefixes`);
  for (const tools of Object.values(fields(app.tools, `${name}.tools`))) {
    for (const ids of Object.values(fields(tools, `${name}.tools`))) {
      expect(
        isTexts(ids) && ids.every((id) => Object.hasOwn(rules, id)),
        `app \`${name}\` names a rule that is not there`,
      );
    }
  }
}

function checkRule(place: string, rule: Fields): void {
  expect(rule.effect === 'Allow' || rule.effect === 'Deny', `${place} has no effect`);
  expect(isEnforcement(rule.enforcement), `${place} has no enforcement`);
  if (rule.limits !== null) {
    const { calls_per_session, sum } = fields(rule.limits, `${place}.limits`);
    expect(calls_per_session === null || typeof calls_per_session === 'number', `${place} has no calls_per_session`);
    if (sum !== null) {
      const { argument, max } = fields(sum, `${place}.limits.sum`);
      expect(typeof argument === 'string' && typeof max === 'number', `${place} has no readable sum`);
    }
  }
  if (rule.arguments === null) return;
  const { clauses, patterns } = fields(rule.arguments, `${place}.arguments`);
  expect(typeof patterns === 'number' && Array.isArray(clauses), `${place}.arguments are not flat`);
  for (const clause of clauses as readonly unknown[]) {
    expect(Array.isArray(clause), `${place}.arguments are not flat`);
    for (const test of clause as readonly unknown[]) checkTest(place, fields(test, `${place}.arguments`));
  }
}

function checkTest(place: string, { path, keyword, value, negated }: Fields): void {
  const known = typeof keyword === 'string' && Object.hasOwn(keywords, keyword);
  expect(
    known && value !== undefined && typeof negated === 'boolean',
    `${place} has a test that the rules cannot read`,
  );
  const steps = Array.isArray(path) ? path : null;
  expect(
    steps !== null &&
      steps.length <= argumentDepthMax &&
      steps.every((step) => step === null || typeof step === 'string'),
    `${place} has a path that the rules cannot walk`,
  );
}

function fields(value: unknown, place: string): Fields {
  expect(typeof value === 'object' && value !== null && !Array.isArray(value), `${place} is no object`);
  return value as Fields; // narrowed by the line above
}

function isEnforcement(value: unknown): boolean {
  return value === 'Enforce' || value === 'Audit';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new CasaError('bundle_corrupt', `the data ${what}`);
}
