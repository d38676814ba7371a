import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = dirname(import.meta.dirname);

/** Each row: a file, what it imports, and whether the floors allow it. */
const rows: readonly [file: string, imports: string, allowed: boolean][] = [
  ['crds/load.ts', '../compiler/compile.ts', false],
  ['policies/contract.ts', './engine/engine.ts', false],
  ['policies/contract.ts', './errors.ts', true],
  ['compiler/compile.ts', '../runtime/tokens/mint.ts', false],
  ['compiler/compile.ts', '../policies/engine/engine.ts', false],
  ['compiler/compile.ts', '../crds/load.ts', true],
  ['policies/engine/engine.ts', '../../ext-authz/main.ts', false],
  ['runtime/tokens/mint.ts', '../../ext-authz/check/check.ts', false],
  ['runtime/tokens/mint.ts', '../http/app.ts', false],
  ['runtime/tokens/mint.ts', '../../compiler/compile.ts', true],
  ['runtime/main.ts', './http/app.ts', true],
  ['ext-authz/check/check.ts', '../../runtime/tokens/mint.ts', false],
  ['ext-authz/check/check.ts', '../../policies/wire.ts', true],
  ['bpf/agent/node_agent.ts', '../../runtime/tokens/mint.ts', false],
  ['bpf/agent/node_agent.ts', '../../policies/maps.ts', true],
  ['bpf/agent/node_agent.ts', '../abi.ts', true],
  ['bpf/abi.ts', './agent/node_agent.ts', false],
  ['sidecar/supervisor.ts', '../ext-authz/config.ts', false],
  ['sidecar/supervisor.ts', '../runtime/parts.ts', false],
  ['sidecar/supervisor.ts', '../compiler/envoy/emit_envoy.ts', true],
  ['runtime/tokens/mint.ts', '../../sidecar/supervisor.ts', false],
  ['ext-authz/check/check.ts', '../../sidecar/supervisor.ts', false],
  ['local/local.ts', '../sidecar/supervisor.ts', true],
  ['local/local.ts', '../cli/main.ts', false],
  ['conformance/run.ts', '../runtime/tokens/mint.ts', true],
  ['conformance/run.ts', '../cli/main.ts', false],
  ['cluster/box/open_box.ts', '../../local/local.ts', false],
  ['cluster/box/open_box.ts', '../../policies/errors.ts', true],
  ['demo/src/mcp/main.ts', '../../../policies/contract.ts', false],
  ['explorer/src/app.tsx', '../../runtime/explorer/tally.ts', false],
  ['explorer/src/app.tsx', '../../policies/engine/engine.ts', false],
  ['explorer/src/app.tsx', 'node:fs', false],
  ['explorer/src/app.tsx', '../../policies/explorer_wire.ts', true],
  ['cli/lint.ts', '../compiler/compile.ts', true],
];

describe('floors', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'casa-floors-'));
    cpSync(join(root, 'biome.json'), join(folder, 'biome.json'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(rows)('%s importing %s is allowed: %s', (file, imports, allowed) => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `import { word } from '${imports}';\n\nexport const used = word;\n`);
    const biome = spawnSync(
      join(root, 'node_modules/.bin/biome'),
      ['lint', '--vcs-enabled=false', '--only=style/noRestrictedImports', file],
      { cwd: folder, encoding: 'utf8' },
    );
    rmSync(path);
    expect({ output: biome.stdout + biome.stderr, allowed: biome.status === 0 }).toMatchObject({ allowed });
  });

  test('two files that import each other are refused, were it for types alone', () => {
    mkdirSync(join(folder, 'cycle'), { recursive: true });
    for (const [file, other] of [
      ['one', 'two'],
      ['two', 'one'],
    ]) {
      const text = `import type { ${other} } from './${other}.ts';\n\nexport type ${file} = ${other} | null;\n`;
      writeFileSync(join(folder, 'cycle', `${file}.ts`), text);
    }
    const biome = spawnSync(
      join(root, 'node_modules/.bin/biome'),
      ['lint', '--vcs-enabled=false', '--only=suspicious/noImportCycles', 'cycle'],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(biome.stdout + biome.stderr).toContain('noImportCycles');
    expect(biome.status).not.toBe(0);
  });
});
