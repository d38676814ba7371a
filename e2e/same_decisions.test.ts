import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../conformance/format/behaviour.ts';
import { readBehaviours } from '../conformance/format/read_behaviours.ts';
import { ownEnvoy } from '../local/start/envoy_maker.ts';
import { istioEnvoy } from './istio/istio_envoy.ts';
import { openWireMode, type WireMode } from './same/wire_mode.ts';
import { because, obstacle } from './stack.ts';

const skipped = obstacle();
/** The very files that the conformance suite runs, in process and over gRPC: what they expect holds there. */
const demo = fileURLToPath(new URL('../conformance/behaviours/demo', import.meta.url));
const { behaviours, issues } = readBehaviours([demo]);
/** Whose peers have other addresses on each network. */
const elsewhere = ['demo_stranger_is_denied'];
/** A call of nobody's session comes before there are any. */
const withoutSession = 'demo_hostile_calls_are_denied';
const table = behaviours
  .filter(({ id }) => !elsewhere.includes(id))
  .toSorted((a, b) => Number(b.id === withoutSession) - Number(a.id === withoutSession));

function expected({ kind, expect: wanted }: Step, index: number): string {
  const reason = wanted?.decision === 'allow' ? 'ok' : wanted?.reason;
  return `${index + 1} ${kind}: ${wanted?.decision} ${reason}`;
}

test('every step of the table says what is decided and why', () => {
  expect(issues).toEqual([]);
  expect(table.length).toBeGreaterThanOrEqual(8);
  expect(table.flatMap(({ steps }) => steps.map(expected)).filter((line) => line.includes('undefined'))).toEqual([]);
});

describe.skipIf(skipped !== null)(`the same call is decided as in the conformance suite${because(skipped)}`, () => {
  describe.each([
    ["behind CASA's own Envoys, of casa local and of a cluster's sidecars", ownEnvoy],
    ['behind istio-proxies', istioEnvoy],
  ] as const)('%s', (_title, envoy) => {
    let mode: WireMode;
    beforeAll(async () => {
      mode = await openWireMode(envoy);
    }, 120_000);
    afterAll(() => mode?.close());

    test.each(table.map((behaviour) => [behaviour.behaviour, behaviour] as const))(
      '%s',
      async (_behaviour, behaviour) => {
        const verdicts = await mode.verdicts(behaviour);
        const lines = verdicts.map(({ decision, reason }, index) => {
          return `${index + 1} ${behaviour.steps[index]?.kind}: ${decision} ${reason}`;
        });
        expect(lines).toEqual(behaviour.steps.map(expected));
      },
      60_000,
    );
  });
});
