import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DecisionInput } from '../contract.ts';
import { readPolicyModules } from '../read_modules.ts';
import type { SystemDocument } from '../system.ts';
import { PolicyEngine } from './engine.ts';

const mas = 'bank.bank';
const bank: SystemDocument = JSON.parse(readFileSync(new URL('../testdata/bank.json', import.meta.url), 'utf8'));

/** A transfer that the LLM selected, on its way through the exchange. */
const transfer: DecisionInput = {
  phase: 'exchange',
  mas,
  now: 1000,
  caller: { app: 'teller', type: 'agent' },
  callee: { kind: 'app', app: 'ledger', host: 'ledger', port: 8080 },
  protocol: 'mcp',
  operation: 'tools/call',
  tool: { server: 'ledger', name: 'transfer', arguments: { amount: 10, currency: 'EUR' } },
  token: {
    verified: true,
    sub: 'user',
    act: ['teller'],
    aud: ['teller'],
    scope: ['user-input', 'call-agents', 'call-tools'],
    tools: { 'ledger/transfer': true },
    session_id: 's1',
    exp: 1300,
    call_matches: null,
    audit: false,
  },
  session: { state: 'live' },
  selected: { calls: 1, match: 'exact', consumed: false },
  semantic: null,
  counters: {},
  problem: null,
  start_peer: null,
};

describe('PolicyEngine', () => {
  let engine: PolicyEngine;
  beforeAll(async () => {
    engine = await PolicyEngine.open(readPolicyModules().wasm);
    engine.load(mas, bank, 'r1');
  });

  it('allows a call that every check allows, and grants that tool only', () => {
    const decision = engine.evaluate(transfer);
    expect(decision).toMatchObject({
      allow: true,
      reason: 'ok',
      grant: { tools: ['ledger/transfer'], scope: ['call-tools'] },
      audit_only: false,
      policies: ['bank/teller'],
    });
    expect(decision.checks.filter((check) => check.outcome === 'BLOCK')).toEqual([]);
  });

  it('denies what the LLM did not select', () => {
    expect(engine.evaluate({ ...transfer, selected: { calls: 1, match: 'none', consumed: false } })).toMatchObject({
      allow: false,
      reason: 'tool_not_selected_by_llm',
      grant: { tools: [], scope: [] },
    });
  });

  it('denies every question about a system that is not loaded', () => {
    expect(engine.evaluate({ ...transfer, mas: 'other.other' })).toMatchObject({
      allow: false,
      reason: 'policy_missing',
    });
  });

  it('keeps the old data when the new is corrupt', async () => {
    const own = await PolicyEngine.open(readPolicyModules().wasm);
    own.load(mas, bank, 'r1');
    const corrupt = structuredClone(bank) as unknown as { mas: { apps: unknown } };
    corrupt.mas.apps = [];
    expect(() => own.load(mas, corrupt as unknown as SystemDocument, 'r2')).toThrow('the data apps is no object');
    expect(own.revision(mas)).toBe('r1');
    expect(own.evaluate(transfer).allow).toBe(true);
  });

  it('refuses the data of another system', () => {
    expect(() => engine.load('bank.other', bank, 'r1')).toThrow('is of the system `bank.bank`, not of `bank.other`');
    expect(engine.revision('bank.other')).toBeNull();
  });

  it('refuses what is no WebAssembly', async () => {
    await expect(PolicyEngine.open(new Uint8Array([1, 2, 3]))).rejects.toThrow('the policy is no WebAssembly');
  });

  it('denies with policy_error when the question cannot be put, and answers the next one', () => {
    const infinite = { ...transfer, tool: { server: 'ledger', name: 'transfer', arguments: { amount: Infinity } } };
    expect(engine.evaluate(infinite)).toMatchObject({ allow: false, reason: 'policy_error' });
    expect(engine.evaluate(transfer).allow).toBe(true);
  });

  it('forgets a system that is unloaded', async () => {
    const own = await PolicyEngine.open(readPolicyModules().wasm);
    own.load(mas, bank, 'r1');
    own.unload(mas);
    expect(own.evaluate(transfer).reason).toBe('policy_missing');
  });
});
