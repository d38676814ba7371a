/** What the status of a custom resource must say. */
import { isDeepStrictEqual } from 'node:util';
import type { Issue } from '../../../crds/issue.ts';
import { renderIssue } from '../../../crds/render_issue.ts';
import type { MultiAgentSystemCondition, MultiAgentSystemStatus } from '../../../crds/types.ts';
import { type CustomResource, identify, resourceOf } from './custom_resource.ts';
import { isError, type Judgement, type Verdict } from './judge_world.ts';

export type ResourceStatus = MultiAgentSystemStatus;
type Condition = Omit<MultiAgentSystemCondition, 'lastTransitionTime' | 'observedGeneration'>;

/** As the CRD limits a message. */
const messageLengthMax = 4096;

export interface Serving {
  readonly revision: string | null;
  readonly ready: ReadonlySet<string>;
}

/** Conditions `Accepted`, `Programmed` and `Ready`, and the same in a word and a sentence. */
export function planMasStatus(
  system: CustomResource,
  verdict: Verdict,
  { revision, ready }: Serving,
  now: string,
): ResourceStatus {
  const apps = [...new Set(identify(system).apps)].map((name) =>
    ready.has(name)
      ? { name, ready: true }
      : { name, ready: false, reason: 'no ready pod with an enforcement point was seen' },
  );
  const waiting = apps.filter((app) => !app.ready).map(({ name }) => name);
  const accepted = judged(verdict.issues.filter(isError));
  const programmed = programmedOf(verdict, revision);
  const conditions = [accepted, programmed, readyOf(programmed, waiting)];
  const failed = accepted.status === 'False';
  return {
    phase: failed ? 'Failed' : programmed.status === 'True' ? 'Active' : 'Pending',
    message: cut(failed && revision !== null ? `${programmed.message}: ${accepted.message}` : inWords(conditions)),
    ...(revision === null ? {} : { revision }),
    observedGeneration: system.metadata.generation,
    lastSyncTime: now,
    appsReady: `${apps.length - waiting.length}/${apps.length}`,
    apps,
    conditions: stamp(conditions, system, now),
  };
}

/** Conditions `Accepted` and `Programmed` of a policy. */
export function planPolicyStatus(
  policy: CustomResource,
  owner: string | null,
  verdict: Verdict | undefined,
  judgement: Judgement,
  now: string,
): ResourceStatus {
  const issues = judgement.issuesOf.get(resourceOf(policy)) ?? [];
  const served = verdict?.wanted ?? null;
  const programmed: Condition =
    served !== null
      ? condition('Programmed', 'True', 'Published', `revision ${served.served.revision} of ${owner} has it`)
      : condition(
          'Programmed',
          'False',
          owner === null ? 'NoSystem' : 'SystemNotAccepted',
          owner === null ? 'no MultiAgentSystem has its workload' : `${owner} has mistakes: nothing new is published`,
        );
  return {
    observedGeneration: policy.metadata.generation,
    conditions: stamp([judged(issues.filter(isError)), programmed], policy, now),
  };
}

/** Times aside: writing a status again that says the same would never end. */
export function sameStatus(before: unknown, after: ResourceStatus): boolean {
  return isDeepStrictEqual(withoutTimes(before), withoutTimes(after));
}

function judged(errors: readonly Issue[]): Condition {
  if (errors.length === 0) return condition('Accepted', 'True', 'Accepted', 'no mistakes');
  return condition('Accepted', 'False', 'HasMistakes', errors.map(renderIssue).join('\n'));
}

function programmedOf({ wanted }: Verdict, revision: string | null): Condition {
  if (wanted !== null && wanted.served.revision === revision) {
    return condition('Programmed', 'True', 'Published', `revision ${revision} serves`);
  }
  if (revision !== null) {
    return condition('Programmed', 'False', 'LastGoodServes', `revision ${revision} keeps serving`);
  }
  return condition('Programmed', 'False', 'NothingServes', 'nothing serves yet: every call is denied `policy_missing`');
}

function readyOf(programmed: Condition, waiting: readonly string[]): Condition {
  if (programmed.status !== 'True') return condition('Ready', 'False', programmed.reason, programmed.message);
  if (waiting.length === 0) return condition('Ready', 'True', 'AppsReady', 'every app has an enforcement point');
  return condition('Ready', 'False', 'AppsNotReady', `without a ready enforcement point: ${waiting.join(', ')}`);
}

function condition(type: string, status: 'True' | 'False', reason: string, message: string): Condition {
  return { type, status, reason, message: cut(message) };
}

function cut(message: string): string {
  return message.length > messageLengthMax ? `${message.slice(0, messageLengthMax - 3)}...` : message;
}

function inWords(conditions: readonly Condition[]): string {
  return (conditions.find(({ status }) => status !== 'True') ?? conditions[1])?.message ?? '';
}

/** A condition that did not change keeps its time. */
function stamp(conditions: readonly Condition[], resource: CustomResource, now: string): MultiAgentSystemCondition[] {
  const before = conditionsOf(resource.status);
  return conditions.map((entry) => {
    const old = before.find(({ type, status }) => type === entry.type && status === entry.status);
    return {
      ...entry,
      observedGeneration: resource.metadata.generation,
      lastTransitionTime: old?.lastTransitionTime ?? now,
    };
  });
}

interface OldCondition {
  readonly type: unknown;
  readonly status: unknown;
  readonly lastTransitionTime: string;
}

function conditionsOf(status: unknown): readonly OldCondition[] {
  const conditions: unknown = status !== null && typeof status === 'object' ? Reflect.get(status, 'conditions') : null;
  if (!Array.isArray(conditions)) return [];
  return conditions.filter((entry) => typeof entry?.lastTransitionTime === 'string');
}

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'lastSyncTime' && name !== 'lastTransitionTime')
      .map(([name, member]) => [name, withoutTimes(member)]),
  );
}
