import { expect, test } from 'vitest';
import { type Bundle, emitBundle } from '../../compiler/bundle.ts';
import { packBundle } from '../../compiler/bundle_tar.ts';
import { compile } from '../../compiler/compile.ts';
import { loadValues } from '../../crds/load.ts';
import { canonicalJson, sha256Hex } from '../../policies/canonical.ts';
import { CasaError } from '../../policies/errors.ts';
import { readPolicyModules } from '../../policies/read_modules.ts';
import type { RuntimeClient } from '../runtime_client/runtime_client.ts';
import { bankSystem } from '../testing/bank_system.ts';
import { BundleFeed } from './bundle_feed.ts';

const mas = 'team.bank';

/** The bundle of the bank; with other rules its revision is another. */
function bundle(comment: string): Bundle {
  const [compiled] = compile(loadValues([bankSystem('team')])).systems;
  if (compiled === undefined) throw new Error('the bank does not compile');
  const { rego, wasm } = readPolicyModules();
  return emitBundle(compiled, { rego: { ...rego, 'rego/comment.rego': `package casa.comment\n# ${comment}\n` }, wasm });
}

/** The same without `path`, and with the revision that what is left has. */
function sealedWithout(path: string): Bundle {
  const { files } = bundle('next');
  const { '.manifest': manifest, [path]: _, ...content } = files;
  const hashes = Object.fromEntries(Object.entries(content).map(([name, bytes]) => [name, sha256Hex(bytes)]));
  const said = JSON.parse(new TextDecoder().decode(manifest));
  const sealed = Buffer.from(JSON.stringify({ ...said, revision: sha256Hex(canonicalJson(hashes)) }));
  return { mas, revision: '', files: { '.manifest': sealed, ...content } };
}

function withoutData(): Bundle {
  const whole = bundle('next');
  const { 'data.json': _, ...files } = whole.files;
  return { ...whole, files };
}

function otherPep(): Bundle {
  const whole = bundle('next');
  return { ...whole, files: { ...whole.files, 'pep.json': Buffer.from('{}') } };
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  const middle = Math.floor(copy.length / 2);
  copy[middle] = (copy[middle] ?? 0) ^ 0xff;
  return copy;
}

/** The first answer is good, the next is not, then a good one again; after that nothing changes. */
async function follow(corrupt: Uint8Array) {
  const first = bundle('first');
  const third = bundle('third');
  const answers = [await packBundle(first), corrupt, await packBundle(third)];
  const stop = new AbortController();
  const seen: string[] = [];
  const serving: (string | null)[] = [];
  let asked = 0;
  const get: RuntimeClient['get'] = async (_path, _headers, signal) => {
    const body = answers[asked];
    asked += 1;
    if (body !== undefined) return new Response(new Uint8Array(body), { headers: { etag: `"${asked}"` } });
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new CasaError('runtime_unavailable', 'stopped')), { once: true });
    });
  };
  const feed = new BundleFeed({ get } as unknown as RuntimeClient, mas, {
    loaded: ({ revision }) => {
      seen.push(`loaded ${revision === first.revision ? 'first' : 'third'}`);
      if (revision === third.revision) stop.abort();
    },
    withdrawn: () => seen.push('withdrawn'),
    failed: (error) => {
      seen.push(`failed ${error instanceof CasaError ? error.code : error}`);
      serving.push(feed.current?.revision ?? null);
    },
  });
  await feed.follow(stop.signal);
  return { seen, servedMeanwhile: serving, firstRevision: first.revision };
}

const corruptions: readonly (readonly [string, () => Promise<Uint8Array>])[] = [
  ['that ends early', async () => (await packBundle(bundle('next'))).subarray(0, 2000)],
  ['with a flipped byte', async () => flipped(await packBundle(bundle('next')))],
  ['without data.json', () => packBundle(withoutData())],
  ['whose revision is not that of its files', () => packBundle(otherPep())],
  ...['data.json', 'pep.json', 'policy.wasm'].map(
    (path) => [`sealed without ${path}`, () => packBundle(sealedWithout(path))] as const,
  ),
  ['of nothing', async () => new Uint8Array()],
];

test.each(corruptions)('a bundle %s is reported, and the old one serves until a good one comes', async (_, make) => {
  const { seen, servedMeanwhile, firstRevision } = await follow(await make());
  expect(seen).toEqual(['loaded first', 'failed bundle_corrupt', 'loaded third']);
  expect(servedMeanwhile).toEqual([firstRevision]);
});
