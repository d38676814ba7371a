/** The word lists of this folder: plain English, made without an eye on any one system. */
import { readFileSync } from 'node:fs';

export const toolClasses = [
  'read',
  'create',
  'update',
  'delete',
  'send',
  'pay',
  'grant',
  'credential',
  'execute',
] as const;
/** What a tool does to the world; the words are those of `apps[].tools[].classes`. */
export type ToolClass = (typeof toolClasses)[number];

/** What cannot well be undone: closeness of meaning never speaks for these, and a verb that may mean one means it. */
export const riskyClasses: ReadonlySet<ToolClass> = new Set(['delete', 'pay', 'grant', 'credential', 'execute']);

type WordList = { readonly [key: string]: string };

/** Base forms of verbs, each with every class that it may mean. */
export const verbs = invert(readList('verbs.json'));
/** Nouns that name an action (`a refund`), each with its classes. */
export const actionNouns = invert(readList('action_nouns.json'));

const objects = readList('objects.json');
export const moneyNouns = words(objects, 'money');
export const credentialNouns = words(objects, 'credential');
/** What a key is called that opens something: `api key`. */
export const keyKinds = words(objects, 'key_kinds');
/** Nouns of what one may do somewhere. */
export const accessNouns = words(objects, 'access');
/** Nouns of where one may be a member. */
export const circleNouns = words(objects, 'circle');
/** Verbs that mean to pay when money is what they move. */
export const movingVerbs = words(objects, 'moving');
/** Verbs that mean to grant or revoke when membership is their object. */
export const membershipVerbs = words(objects, 'membership');

const sentence = readList('sentence_words.json');
export const questionWords = words(sentence, 'question');
/** A verb after one of these is a request: `please send`, `to send`. */
export const wordsBeforeRequest = words(sentence, 'request_before');
export const negations = words(sentence, 'negation');
/** A participle after one of these is a request: `be cancelled`, `mind sending`. */
export const wordsBeforeParticiple = words(sentence, 'participle_before');
/** `want it cancelled`: a participle after one of these asks, where one of `wordsAfterParticiple` or nothing follows. */
export const wantVerbs = words(sentence, 'want');
export const wordsAfterParticiple = words(sentence, 'after_participle');
/** A verb after one of these tells what somebody does: `what I usually pay`. */
export const subjectWords = words(sentence, 'subject');
/** Participles that no rule makes, each before its verb. */
export const irregularParticiples: ReadonlyMap<string, string> = pairs(sentence, 'irregular');
/** Who begins so goes on with what was asked for before. */
export const agreementWords = words(sentence, 'agreement');
/** Verbs that say nothing without their noun: `make a payment`. */
export const supportVerbs = words(sentence, 'support');
/** Verbs that are as often nouns: in a tool's name another verb goes before them. */
export const nounVerbs = words(sentence, 'noun_verbs');

/** Several words, `*` standing for up to three of any, and what they ask for. */
export interface Phrase {
  readonly means: ToolClass | 'delegated';
  readonly words: readonly string[];
}
export const phrases: readonly Phrase[] = Object.entries(
  readJson('phrases.json') as { readonly [means in Phrase['means']]: readonly string[] }, // as the file is written
).flatMap(
  ([means, texts]) => texts.map((text) => ({ means: means as Phrase['means'], words: text.split(' ') })), // a key of that record
);

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./${name}`, import.meta.url), 'utf8'));
}

function readList(name: string): WordList {
  return readJson(name) as WordList; // a file of ours, held by `word_lists.test.ts`
}

function words(list: WordList, key: string): ReadonlySet<string> {
  return new Set((list[key] ?? '').split(' '));
}

function pairs(list: WordList, key: string): ReadonlyMap<string, string> {
  const flat = (list[key] ?? '').split(' ');
  return new Map(flat.flatMap((word, index) => (index % 2 === 0 ? [[word, flat[index + 1] ?? word] as const] : [])));
}

function invert(list: WordList): ReadonlyMap<string, readonly ToolClass[]> {
  const found = new Map<string, ToolClass[]>();
  for (const toolClass of toolClasses) {
    for (const word of (list[toolClass] ?? '').split(' ')) {
      if (word !== '') found.set(word, [...(found.get(word) ?? []), toolClass]);
    }
  }
  return found;
}
