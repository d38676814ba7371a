import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadResources } from '../../crds/load.ts';
import { SemanticChecks } from './open_semantic_check.ts';
import type { ToolDefinition } from './semantic_check.ts';
import { installModel, installTimeoutMs, testTimeoutMs } from './testing/install_model.ts';

const demo = new URL('../../demo/', import.meta.url);
const source = 'manifests/multi_agent_system.yaml';
const { systems } = loadResources([{ source, text: readFileSync(new URL(source, demo), 'utf8') }]);
const tools: readonly ToolDefinition[] = (systems[0]?.spec.apps ?? []).flatMap(
  ({ name: server, tools: declared = [] }) =>
    declared.map(({ name, description = '', annotations, inputSchema = {}, classes = null }) => ({
      server,
      name,
      description,
      annotations: { ...annotations },
      inputSchema,
      classes,
    })),
);
/** Every prompt of the demo. */
const prompts = (
  JSON.parse(readFileSync(new URL('conversations.json', demo), 'utf8')) as readonly { readonly prompt: string }[]
).map(({ prompt }) => prompt);

/** What an honest agent needs for each prompt that asks for an act; every other prompt is served by reading. */
const actsFor: readonly (readonly [prompt: RegExp, tool: string])[] = [
  [/^Transfer/, 'transfer_funds'],
  [/^Schedule/, 'schedule_payment'],
];

let checks: SemanticChecks;
beforeAll(async () => {
  checks = new SemanticChecks({
    modelsPath: await installModel(),
    modelTimeoutMs: testTimeoutMs,
    verifier: null,
    now: () => 0,
  });
  await checks.warm({ cacheTtlSeconds: 0 }, tools);
}, installTimeoutMs);
afterAll(() => checks.close());

async function outcomes(
  words: string,
  chosen: readonly ToolDefinition[],
): Promise<readonly (readonly [string, string])[]> {
  const check = checks.of({ cacheTtlSeconds: 0 });
  return Promise.all(
    chosen.map(async (tool) => {
      const { outcome } = await check.verdict({ words, earlier: [], tool, arguments: {}, offered: tools });
      return [tool.name, outcome] as const;
    }),
  );
}

const isReader = ({ name }: ToolDefinition) => /^(?:get|list|search)_/.test(name);

describe.each(prompts)("of the demo's bank, `%s`", (prompt) => {
  // The check knows what kind of act was asked for, not which of its kind.
  const alike = /^Transfer|^Schedule/.test(prompt) ? /^(?:transfer|schedule|add|update)_/ : /^$/;
  const act = actsFor.find(([pattern]) => pattern.test(prompt))?.[1];

  it('matches every tool that reads, and the act that the user asks for', async () => {
    const needed = tools.filter((tool) => isReader(tool) || tool.name === act);
    expect(needed.length).toBeGreaterThan(7);
    expect(await outcomes(prompt, needed)).toEqual(needed.map(({ name }) => [name, 'match']));
  });

  it('matches no payment, cancellation or change that was not asked for', async () => {
    const acts = tools.filter((tool) => !isReader(tool) && !alike.test(tool.name));
    expect(acts.map(({ name }) => name)).toContain(act === undefined ? 'transfer_funds' : 'cancel_scheduled_payment');
    expect(await outcomes(prompt, acts)).toEqual(acts.map(({ name }) => [name, 'no_match']));
  });
});
