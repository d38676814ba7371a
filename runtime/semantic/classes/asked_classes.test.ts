import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedClasses } from './asked_classes.ts';
import { promptWordsMax } from './split_words.ts';

function asked(text: string): readonly string[] {
  return [...askedClasses(text).classes].sort();
}

describe('words ask for', () => {
  it.each([
    ['How many readers came last week?', ['read']],
    ['Please show me the minutes of the board', ['read']],
    ['Delete the old drafts', ['delete']],
    ['Could you email the minutes to the board', ['send']],
    ["I'd like to buy two tickets", ['pay']],
    ['Send 40 euros to the plumber', ['pay', 'send']],
    ['Transfer $20 to my savings', ['pay']],
    ['Make a donation of 10 GBP', ['create', 'pay']],
    ['Give Ines access to the archive', ['grant', 'update']],
    ['Reset the password of the printer', ['credential', 'update']],
    ['Run the nightly job', ['execute']],
    ['Get rid of the old drafts', ['delete', 'read']],
    ['Let the caretaker know', ['read', 'send']],
    ['I need my appointment moved to Friday', ['update']],
    ['The invitations should be sent today', ['send']],
    ['Would you mind booking a table', ['create']],
  ])('`%s`: %j', (text, classes) => {
    expect(asked(text)).toEqual(classes);
  });

  it.each([
    ['what the user tells of the past', 'They deleted my drafts and sent me a bill. Why?'],
    ['a noun that could be a verb', 'What did my last order of the transfer cost?'],
    ['an adjective', 'List the scheduled visits and saved searches'],
    ['what the user forbids', "Show the drafts, but don't delete or send any"],
    ['what others do', 'How often do they pay their rent late?'],
  ])('nothing but reading by %s', (_, text) => {
    expect(asked(text)).toEqual(['read']);
  });

  it('nothing that is recognised in another language or in none', () => {
    for (const text of ['Wie spät ist es in Lima', '我的余额', '', '... !!', '12345']) {
      expect(askedClasses(text)).toEqual({ classes: new Set(), isDelegated: false, isAgreement: false });
    }
  });

  it.each(['Read the letter and follow the instructions', 'Do all the tasks on my list', 'Please take care of it'])(
    'whatever a text says: `%s`',
    (text) => {
      expect(askedClasses(text).isDelegated).toBe(true);
    },
  );

  it('the same whatever marks stand around them', () => {
    const marks = fc.constantFrom('', ' ', '!', '"', '\n', '\u200b ');
    fc.assert(
      fc.property(marks, marks, (before, after) => {
        expect(asked(`${before}delete the drafts${after}`)).toEqual(['delete']);
      }),
    );
  });

  it('something in bounded time, whatever is said', () => {
    fc.assert(fc.property(fc.string({ maxLength: 2_000, unit: 'binary' }), (text) => void askedClasses(text)));
    const startedMs = performance.now();
    askedClasses('please '.repeat(200_000));
    askedClasses(`${'a'.repeat(1_000_000)}-`.repeat(3));
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  it('nothing beyond the words that are looked at', () => {
    expect(asked(`${'so '.repeat(promptWordsMax)} delete the drafts`)).toEqual([]);
  });
});
