/** Judges what came out of the rules: a whole, consistent answer, or null. */
import { type CheckResult, type Decision, type Grant, type Reason, reasons, type Scope } from '../contract.ts';

const decisionKeys = ['allow', 'audit_only', 'checks', 'grant', 'policies', 'reason'];
const checkKeys = ['check', 'detail', 'outcome', 'reason'];
const grantKeys = ['scope', 'tools'];
const outcomes = ['ALLOW', 'BLOCK', 'ABSTAIN'];
const scopes: readonly Scope[] = ['user-input', 'call-agents', 'call-tools', 'discover'];
const knownReasons: ReadonlySet<unknown> = new Set(reasons);

/**
 * The decision, or null for anything less than a whole one.
 * INVARIANT (deny by default): `allow` passes only if the reason, the checks and `audit_only` agree with it.
 */
export function parseDecision(value: unknown): Decision | null {
  if (!hasKeys(value, decisionKeys)) return null;
  const { allow, reason, checks, grant, audit_only, policies } = value;
  if (typeof allow !== 'boolean' || typeof audit_only !== 'boolean' || !isReason(reason)) return null;
  if (!Array.isArray(checks) || checks.length === 0 || !checks.every(isCheck)) return null;
  if (!isGrant(grant) || !isTexts(policies)) return null;
  const decision: Decision = { allow, reason, checks, grant, audit_only, policies };
  return isConsistent(decision) ? decision : null;
}

function isConsistent({ allow, reason, checks, grant, audit_only }: Decision): boolean {
  const firstBlock = checks.find((check) => check.outcome === 'BLOCK');
  const grantsNothing = grant.tools.length === 0 && grant.scope.length === 0;
  if (firstBlock !== undefined && firstBlock.reason !== reason) return false;
  if (!allow) return reason !== 'ok' && !audit_only && grantsNothing;
  return audit_only ? firstBlock !== undefined : firstBlock === undefined && reason === 'ok';
}

function isCheck(value: unknown): value is CheckResult {
  if (!hasKeys(value, checkKeys)) return false;
  const { check, outcome, reason, detail } = value;
  return (
    typeof check === 'string' &&
    typeof outcome === 'string' &&
    outcomes.includes(outcome) &&
    isReason(reason) &&
    typeof detail === 'string' &&
    (outcome === 'BLOCK') === (reason !== 'ok')
  );
}

function isGrant(value: unknown): value is Grant {
  if (!hasKeys(value, grantKeys)) return false;
  const known: readonly string[] = scopes;
  return isTexts(value.tools) && isTexts(value.scope) && value.scope.every((scope) => known.includes(scope));
}

function isReason(value: unknown): value is Reason {
  return knownReasons.has(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Exactly these keys, in any order. */
function hasKeys<Key extends string>(
  value: unknown,
  keys: readonly Key[],
): value is { readonly [key in Key]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key));
}
