/** The first look at a call, without a model: is what the tool does what the user asked for? */
import type { SemanticQuestion } from '../semantic_check.ts';
import { type Asked, askedClasses } from './asked_classes.ts';
import { classesOfTool, saysItDestroys } from './tool_class.ts';
import { riskyClasses, type ToolClass } from './word_lists.ts';

export interface ClassMatch {
  readonly outcome: 'match' | 'no_match' | 'abstain';
  /** Whether closeness of meaning may still speak for the call. */
  readonly mayBeRescued: boolean;
}

/** What is done on the way to what was asked for. */
const permittedBy: { readonly [toolClass in ToolClass]: readonly ToolClass[] } = {
  read: [],
  create: ['update'],
  update: ['create'],
  delete: ['update'],
  send: [],
  pay: ['create'],
  grant: ['send'],
  credential: ['update'],
  execute: ['create', 'update'],
};

export function matchClasses(question: SemanticQuestion): ClassMatch {
  const { quantifier, classes } = classesOfTool(question.tool);
  const asked = latestRequest([question.words, ...question.earlier]);
  const isRecognised = asked.classes.size > 0 || asked.isDelegated;
  const mayBeRescued = !classes.some((toolClass) => riskyClasses.has(toolClass)) && !saysItDestroys(question.tool);
  if (!isRecognised || classes.length === 0) return { outcome: 'abstain', mayBeRescued };
  const permitted = permittedClasses(asked);
  const isPermitted = (toolClass: ToolClass) => permitted.has(toolClass);
  if (quantifier === 'every' ? classes.every(isPermitted) : classes.some(isPermitted)) {
    return { outcome: 'match', mayBeRescued: false };
  }
  if (asked.isDelegated) {
    const isRisky = classes.some((toolClass) => neverDelegated.has(toolClass));
    return { outcome: isRisky ? 'abstain' : 'match', mayBeRescued: false };
  }
  // Who asks only to be told something is never rescued into an act.
  const asksToAct = [...asked.classes].some((toolClass) => toolClass !== 'read');
  return { outcome: 'no_match', mayBeRescued: mayBeRescued && asksToAct };
}

/** What a text that the user points at may not ask for in the user's name. */
const neverDelegated: ReadonlySet<ToolClass> = new Set(['delete', 'credential', 'execute']);

/** Who agrees (`yes, go on`), or asks for nothing, asks for what was asked for before. */
function latestRequest([latest = '', ...before]: readonly string[]): Asked {
  const asked = askedClasses(latest);
  const isRequest = asked.classes.size > 0 || asked.isDelegated;
  if ((isRequest && !asked.isAgreement) || before.length === 0) return asked;
  const earlier = latestRequest(before);
  return {
    classes: new Set([...asked.classes, ...earlier.classes]),
    isDelegated: asked.isDelegated || earlier.isDelegated,
    isAgreement: asked.isAgreement,
  };
}

/** Every request may read. */
function permittedClasses({ classes }: Asked): ReadonlySet<ToolClass> {
  return new Set<ToolClass>(['read', ...classes, ...[...classes].flatMap((toolClass) => permittedBy[toolClass])]);
}
