/** What a user's words ask for. */
import { baseForms, clauseEnd, promptWords } from './split_words.ts';
import {
  accessNouns,
  actionNouns,
  agreementWords,
  circleNouns,
  credentialNouns,
  irregularParticiples,
  keyKinds,
  membershipVerbs,
  moneyNouns,
  movingVerbs,
  negations,
  nounVerbs,
  type Phrase,
  phrases,
  questionWords,
  subjectWords,
  supportVerbs,
  type ToolClass,
  verbs,
  wantVerbs,
  wordsAfterParticiple,
  wordsBeforeParticiple,
  wordsBeforeRequest,
} from './word_lists.ts';

export interface Asked {
  /** Asked for in so many words; empty: nothing was recognised. */
  readonly classes: ReadonlySet<ToolClass>;
  /** The user wants done what some text says: `follow the instructions`. */
  readonly isDelegated: boolean;
  /** The user agrees: what was asked for before still is. */
  readonly isAgreement: boolean;
}

const agreementWordsMax = 4;

export function askedClasses(text: string): Asked {
  const words = promptWords(text);
  const classes = new Set<ToolClass>();
  let isDelegated = false;
  for (const [at, word] of words.entries()) {
    if (questionWords.has(word)) classes.add('read');
    for (const found of [...requestAt(words, at), ...actionAt(words, at)]) classes.add(found);
    for (const phrase of phrases) {
      if (phrase.words[0] !== word || isNegated(words, at) || !startsWith(words.slice(at), phrase)) continue;
      if (phrase.means === 'delegated') isDelegated = true;
      else for (const found of [phrase.means, ...classesOfObject(word, clauseAfter(words, at))]) classes.add(found);
    }
  }
  return {
    classes,
    isDelegated,
    isAgreement: words.slice(0, agreementWordsMax).some((word) => agreementWords.has(word)),
  };
}

/** What a verb at this place asks for; empty where it is a noun (`my last order`) or tells (`they sent me`). */
function requestAt(words: readonly string[], at: number): readonly ToolClass[] {
  const verb = requestedVerb(words, at) ?? requestedParticiple(words, at);
  if (verb === null || isNegated(words, at) || words[at + 1] === 'sure') return [];
  const classes = verbs.get(verb) ?? [];
  if (classes.length === 1 && classes[0] === 'read') return classes;
  return [...classes, ...classesOfObject(verb, clauseAfter(words, at))];
}

/** A verb that may be a noun asks only where a request can stand; any other unless somebody is said to do it. */
function requestedVerb(words: readonly string[], at: number): string | null {
  const word = words[at] ?? '';
  if (!verbs.has(word) && !movingVerbs.has(word) && !membershipVerbs.has(word)) return null;
  const before = wordBefore(words, at);
  if (before === clauseEnd || wordsBeforeRequest.has(before)) return word;
  return nounVerbs.has(word) || subjectWords.has(before) ? null : word;
}

/** Past adverbs: `to immediately send`, `what I usually pay`. */
function wordBefore(words: readonly string[], at: number): string {
  const before = words[at - 1] ?? clauseEnd;
  return before.endsWith('ly') ? (words[at - 2] ?? clauseEnd) : before;
}

const wordsToWantMax = 6;

function requestedParticiple(words: readonly string[], at: number): string | null {
  const word = words[at] ?? '';
  const irregular = irregularParticiples.get(word);
  if (irregular === undefined && !/(?:ed|ing)$/.test(word)) return null;
  const before = words[at - 1] ?? clauseEnd;
  const after = words[at + 1] ?? clauseEnd;
  const isWanted =
    !word.endsWith('ing') &&
    !wantVerbs.has(before) &&
    (after === clauseEnd || wordsAfterParticiple.has(after)) &&
    words.slice(Math.max(0, at - wordsToWantMax), at).some((earlier) => wantVerbs.has(earlier));
  const isAsked = before === clauseEnd ? word.endsWith('ing') : wordsBeforeParticiple.has(before) || isWanted;
  if (!isAsked) return null;
  return irregular ?? baseForms(word).find((form) => verbs.has(form)) ?? null;
}

const clauseWordsMax = 12;

function clauseAfter(words: readonly string[], at: number): readonly string[] {
  const following = words.slice(at + 1, at + 1 + clauseWordsMax);
  const end = following.indexOf(clauseEnd);
  return end === -1 ? following : following.slice(0, end);
}

/** What an act is done to may make it another: to send money is to pay. */
function classesOfObject(verb: string, clause: readonly string[]): readonly ToolClass[] {
  const has = (nouns: ReadonlySet<string>) => clause.some((word) => nouns.has(word));
  const isMoney = has(moneyNouns) || clause.some((word) => /^[€$£¥]|^\d+(?:eur|usd|gbp)$/.test(word));
  const isKey = clause.some((word, at) => /^keys?$/.test(word) && keyKinds.has(clause[at - 1] ?? ''));
  const isMembership =
    has(accessNouns) ||
    has(circleNouns) ||
    (/^(?:add|remove)$/.test(verb) && /\b(?:to|into|from)\b/.test(clause.join(' ')));
  return [
    ...(verb === 'transfer' && !isMoney ? (['grant'] as const) : []),
    ...(movingVerbs.has(verb) && isMoney ? (['pay'] as const) : []),
    ...(has(credentialNouns) || isKey ? (['credential'] as const) : []),
    ...(membershipVerbs.has(verb) && isMembership ? (['grant'] as const) : []),
  ];
}

const wordsToActionMax = 4;

/** `make a payment`: the noun says what is asked for. */
function actionAt(words: readonly string[], at: number): readonly ToolClass[] {
  const verb = words[at] ?? '';
  if (!supportVerbs.has(verb) || isNegated(words, at)) return [];
  for (const word of words.slice(at + 1, at + 1 + wordsToActionMax)) {
    // `need my appointment moved`: what is there already is not asked for.
    if (word === clauseEnd || (wantVerbs.has(verb) && isDefinite(word))) return [];
    const found = actionNouns.get(word);
    if (found !== undefined) return found;
  }
  return [];
}

function isDefinite(word: string): boolean {
  return /^(?:the|my|your|his|her|its|our|their|this|that|these|those)$/.test(word);
}

const wordsToNegationMax = 2;

function isNegated(words: readonly string[], at: number): boolean {
  // `do not delete or send`: what is forbidden first is forbidden to the end of the list.
  const isListed = /^n?or$/.test(words[at - 1] ?? '');
  const before = words.slice(Math.max(0, at - (isListed ? clauseWordsMax : wordsToNegationMax)), at);
  return before.slice(before.lastIndexOf(clauseEnd) + 1).some((word) => negations.has(word));
}

const wildcardWordsMax = 3;

function startsWith(words: readonly string[], phrase: Phrase): boolean {
  let at = 0;
  for (const [index, expected] of phrase.words.entries()) {
    if (expected === '*') continue;
    const reach = phrase.words[index - 1] === '*' ? wildcardWordsMax : 0;
    const found = words.slice(at, at + reach + 1).indexOf(expected);
    if (found === -1) return false;
    at += found + 1;
  }
  return true;
}
