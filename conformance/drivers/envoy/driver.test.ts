import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { emitEnvoy } from '../../../compiler/envoy/emit_envoy.ts';
import { extAuthzName } from '../../../compiler/envoy/ext_authz.ts';
import type { Behaviour } from '../../format/behaviour.ts';
import { readBehaviours } from '../../format/read_behaviours.ts';
import type { Driver } from '../../run/driver.ts';
import { runBehaviours } from '../../run/run_behaviours.ts';
import { openEnvoyDriver } from './driver.ts';
import { findEnvoy } from './find_envoy.ts';
import type { EmitEnvoy } from './station.ts';

const { behaviours } = readBehaviours([fileURLToPath(new URL('../../behaviours', import.meta.url))]);
const listed: readonly { id: string; reason: string }[] = parse(
  readFileSync(new URL('./not_on_the_wire.yaml', import.meta.url), 'utf8'),
);
const noEnvoy = findEnvoy() === null;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

function find(id: string): Behaviour {
  const found = behaviours.find((behaviour) => behaviour.id === id);
  if (found === undefined) throw new Error(`no behaviour ${id}`);
  return found;
}

async function failures(driver: Driver, ids: readonly string[]) {
  const all = ids.map((id) => ({ ...find(id), drivers: ['envoy' as const] }));
  return (await runBehaviours(all, driver, () => performance.now())).filter(({ result }) => result === 'failed');
}

test('every behaviour runs behind Envoy but those that are listed with a reason, and they are few', () => {
  const leftOut = behaviours.filter(({ drivers }) => !drivers.includes('envoy')).map(({ id }) => id);
  expect(listed.map(({ id }) => id).toSorted()).toEqual(leftOut.toSorted());
  expect(listed.every(({ reason }) => reason.length > 20)).toBe(true);
  expect(leftOut.length).toBeLessThanOrEqual(behaviours.length / 3);
});

describe.skipIf(noEnvoy)(noEnvoy ? 'skipped: there is no Envoy here' : 'behind real Envoys', () => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await openEnvoyDriver(emitEnvoy);
  });
  afterAll(() => driver.close());

  test('a behaviour that is listed does not hold there', async () => {
    const ids = listed.map(({ id }) => id);
    expect((await failures(driver, ids)).map(({ id }) => id)).toEqual(ids);
  });

  test('behaviours of the same resources do not see each other', async () => {
    const ids = ['selected_call_is_allowed', 'call_before_llm_is_denied', 'no_session_is_denied'];
    expect(await failures(driver, [...ids, ...ids])).toEqual([]);
  });
});

describe.skipIf(noEnvoy)(noEnvoy ? 'skipped: there is no Envoy here' : 'Envoys that ask nobody', () => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await openEnvoyDriver(withoutCheck);
  });
  afterAll(() => driver.close());

  test('what they let through fails a behaviour that allows as one that denies', async () => {
    const results = await failures(driver, ['missing_token_is_denied', 'allowed_endpoint_needs_no_session']);
    expect(results.map(({ failure }) => failure?.got)).toEqual(
      Array(2).fill('it was let through, and nobody was asked'),
    );
  });
});

/** As ours, with the filter that asks Check taken out. */
const withoutCheck: EmitEnvoy = (compiled, options) => {
  const text = JSON.stringify(emitEnvoy(compiled, options));
  return JSON.parse(text, (key, value) => {
    if (key === 'http_filters') return value.filter(({ name }: { name: string }) => name !== extAuthzName);
    if (key !== 'typed_per_filter_config') return value;
    return Object.fromEntries(Object.entries(Object(value)).filter(([name]) => name !== extAuthzName));
  });
};
