/** What no schema can see: labels that nobody gave, and apps that no system has. */
import type { FieldPath } from '../../crds/field_path.ts';
import { hint, quote } from '../../crds/quote.ts';
import type { MultiAgentSystem } from '../../crds/types.ts';
import type { ReplayTokenStep, Step } from './behaviour.ts';

export interface StepIssue {
  readonly step: number;
  readonly path: FieldPath;
  readonly code: string;
  readonly message: string;
}

/** Names of apps as steps may spell them: short for the first system, `namespace.name/app` for any. */
export function appNames(systems: readonly MultiAgentSystem[]): readonly string[] {
  return systems.flatMap(({ metadata, spec }, index) =>
    spec.apps.flatMap(({ name }) => {
      const full = `${metadata.namespace}.${metadata.name}/${name}`;
      return index === 0 ? [name, full] : [full];
    }),
  );
}

/** Finds labels that are used before a step gives them, and names that are no app. */
export function checkSteps(steps: readonly Step[], systems: readonly MultiAgentSystem[]): readonly StepIssue[] {
  const apps = appNames(systems);
  const given = { sessions: new Set<string>(), tokens: new Set(['none', 'forged', 'unsigned']) };
  return steps.flatMap((step, index) => {
    const found = [...unknownApps(step, apps), ...unknownLabels(step, given)];
    if (step.kind === 'prompt' && step.prompt.as !== undefined) given.sessions.add(step.prompt.as);
    if (step.kind === 'call' && step.call.as !== undefined) given.tokens.add(step.call.as);
    return found.map((issue) => ({ ...issue, step: index }));
  });
}

type Found = Omit<StepIssue, 'step'>;

const peers: readonly string[] = ['outside', 'self', 'loopback'];

function unknownApps(step: Step, apps: readonly string[]): readonly Found[] {
  return appFields(step).flatMap(([field, name, others]) => {
    const known = [...apps, ...others];
    if (known.includes(name) || (step.kind === 'raw' && field === 'to' && /:\d+$/.test(name))) return [];
    const message = `no app named ${quote(name)}${hint(name, known)}`;
    return [{ path: [step.kind, field], code: 'unknown_app', message }];
  });
}

/** Field, name, and what else may stand there. */
function appFields(step: Step): readonly (readonly [string, string, readonly string[]])[] {
  switch (step.kind) {
    case 'prompt':
      return [
        ['from', step.prompt.from, peers],
        ['to', step.prompt.to, []],
      ];
    case 'llm':
      return [['app', step.llm.app, []]];
    case 'call':
      return [
        ['app', step.call.app, []],
        ['server', step.call.server, []],
      ];
    case 'discover':
      return [
        ['app', step.discover.app, []],
        ['server', step.discover.server, []],
      ];
    case 'delegate':
      return [
        ['app', step.delegate.app, []],
        ['to', step.delegate.to, []],
      ];
    case 'replay_token':
      return [
        ['from', step.replay_token.from ?? 'outside', peers],
        ['to', step.replay_token.to, []],
      ];
    case 'raw':
      return [
        ['app', step.raw.app, []],
        ['to', step.raw.to, []],
      ];
    default:
      return [];
  }
}

interface Given {
  readonly sessions: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
}

/** What is forged is made like something. */
function withoutModel({ token, like }: ReplayTokenStep): readonly Found[] {
  const needed = token === 'forged' || token === 'unsigned';
  if (needed === (like !== undefined)) return [];
  const message = needed ? `is required beside \`${token}\`` : 'is only for what is `forged` or `unsigned`';
  return [{ path: ['replay_token', 'like'], code: needed ? 'missing_field' : 'not_needed', message }];
}

function unknownLabels(step: Step, given: Given): readonly Found[] {
  const found = (field: string, label: string | undefined, labels: ReadonlySet<string>): readonly Found[] => {
    if (label === undefined || labels.has(label)) return [];
    const message = `no earlier step is labelled ${quote(label)}${hint(label, [...labels])}`;
    return [{ path: [step.kind, field], code: 'unknown_label', message }];
  };
  switch (step.kind) {
    case 'llm':
      return found('session', step.llm.session, given.sessions);
    case 'call':
      return found('session', step.call.session, given.sessions);
    case 'delegate':
      return found('session', step.delegate.session, given.sessions);
    case 'raw':
      return found('session', step.raw.session, given.sessions);
    case 'revoke':
      return found('session', step.revoke.session, given.sessions);
    case 'replay_token':
      return [
        ...found('token', step.replay_token.token, given.tokens),
        ...found('like', step.replay_token.like, given.tokens),
        ...withoutModel(step.replay_token),
      ];
    default:
      return [];
  }
}
