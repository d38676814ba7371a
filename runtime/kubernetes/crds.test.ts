import { readdirSync, readFileSync } from 'node:fs';
import { CustomObjectsApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadResources, loadValues } from '../../crds/load.ts';
import { type Case, examples, readCases } from '../../crds/testing.ts';
import { type ControlPlane, installCrds, noControlPlane, startControlPlane } from './testing/control_plane.ts';

const cases = readCases();

describe.skipIf(noControlPlane)(
  `the CRDs on a real API server${noControlPlane === null ? '' : ` (${noControlPlane})`}`,
  () => {
    let plane: ControlPlane;
    beforeAll(async () => {
      plane = await startControlPlane();
      // Had a rule no bound, the API server would refuse the CRD for what the rule may cost.
      await installCrds(plane);
      await plane.kubectl(['create', 'namespace', 'bank']);
    }, 120_000);
    afterAll(() => plane?.stop());

    /** null: accepted. */
    async function refusal(resource: object): Promise<string | null> {
      const { kind, metadata } = resource as { kind: string; metadata: { namespace?: string } }; // each case has both
      const request = {
        group: 'casa.io',
        version: 'v1alpha1',
        namespace: metadata.namespace ?? 'default',
        plural: kind === 'CASAPolicy' ? 'casapolicies' : 'multiagentsystems',
        body: resource,
        dryRun: 'All',
        fieldValidation: 'Strict',
      };
      const made = plane.config.makeApiClient(CustomObjectsApi).createNamespacedCustomObject(request);
      return made.then(
        () => null,
        (error: unknown) => String(error),
      );
    }

    async function differences(held: readonly Case[]): Promise<readonly string[]> {
      const found: string[] = [];
      for (const { title, accepted, resource } of held) {
        const why = await refusal(resource);
        if ((why === null) !== accepted) found.push(`${title}: ${why ?? 'accepted'}`);
      }
      return found;
    }

    it('gives every case the verdict that casa lint gives', async () => {
      expect(await differences(cases)).toEqual([]);
    }, 120_000);

    it('would show a verdict that differs', async () => {
      const turned = cases.slice(0, 12).map((one) => ({ ...one, accepted: !one.accepted }));
      expect(await differences(turned)).toHaveLength(turned.length);
    });

    it('reports a broken rule at the field that casa lint names', async () => {
      const resource = cases.find(({ title }) => title.endsWith('a host without a port'))?.resource ?? {};
      const [issue] = loadValues([resource]).issues;
      expect(issue?.path).toBe('spec.allowedEndpoints[0].port');
      expect(await refusal(resource)).toContain(issue?.path);
      expect(await refusal(resource)).toContain(issue?.message);
    });

    it.each(readdirSync(examples))('takes the example %s, and shows it in its columns', async (file) => {
      const text = readFileSync(new URL(file, examples), 'utf8');
      const applied = await plane.kubectl(['apply', '--validate=strict', '-f', '-'], text);
      expect(applied.stderr).toBe('');
      expect(applied.stdout.trim().split('\n')).toHaveLength(parseAllDocuments(text).length);
      expect(loadResources([{ source: file, text }]).issues).toEqual([]);
    });

    it('prints what matters of each kind', async () => {
      await plane.kubectl(['apply', '-n', 'bank', '-f', '-'], JSON.stringify(cases.find(isPlainPolicy)?.resource));
      const { stdout } = await plane.kubectl(['get', 'casap', '-n', 'bank']);
      expect(
        stdout
          .split('\n')[0]
          ?.split(/\s{2,}/)
          .map((text) => text.trim()),
      ).toEqual(['NAME', 'TARGET', 'ENFORCEMENT', 'ACCEPTED', 'AGE']);
      expect(stdout).toMatch(/^case +teller +Enforce/m);
    });
  },
);

function isPlainPolicy({ title }: Case): boolean {
  return title === 'policy target: a target and nothing else';
}
