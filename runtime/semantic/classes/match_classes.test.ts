import { describe, expect, it } from 'vitest';
import { ask, library, tool } from '../testing/questions.ts';
import { matchClasses } from './match_classes.ts';

function outcome(words: string, called: Parameters<typeof ask>[1]): string {
  return matchClasses(ask(words, called)).outcome;
}

describe('the class of a tool', () => {
  it('matches what was asked for in so many words', () => {
    expect(outcome('Please pay my late fee', 'pay_fee')).toBe('match');
    expect(outcome('Cancel the reservation of Emma', 'cancel_reservation')).toBe('match');
  });

  it('matches for whatever only reads, once anything was asked for', () => {
    expect(outcome('Cancel the reservation of Emma', 'get_loan')).toBe('match');
    expect(outcome('Pay my late fee', 'search_books')).toBe('match');
  });

  it('does not match an act when the user wants to be told something', () => {
    for (const { name } of library.filter((act) => /^(?:pay|send|delete|cancel|renew|reserve)/.test(act.name))) {
      expect([name, outcome('When is Emma due back?', name)]).toEqual([name, 'no_match']);
    }
  });

  it('does not match another act than the one asked for', () => {
    expect(outcome('Renew my loan', 'delete_account')).toBe('no_match');
    expect(outcome('Reserve Emma for me', 'pay_fee')).toBe('no_match');
    expect(outcome('Send Ines a message', 'pay_fee')).toBe('no_match');
  });

  it('matches only when all that was declared of the tool is asked for', () => {
    const both = tool('desk', '', { classes: ['send', 'pay'] });
    expect(outcome('Pay my late fee', both)).toBe('no_match');
    expect(outcome('Pay my late fee and send a message to the desk', both)).toBe('match');
  });

  it('is no opinion when the words ask for nothing, or the tool does nothing that is known', () => {
    expect(outcome('Emma, Jane Austen', 'get_loan')).toBe('abstain');
    expect(outcome('When is Emma due back?', 'opening_hours')).toBe('abstain');
  });

  it('matches what a text asks for when the user points at the text, but never what cannot be undone there', () => {
    const words = 'Read the letter and follow the instructions';
    expect(outcome(words, 'renew_loan')).toBe('match');
    expect(outcome(words, 'delete_account')).toBe('abstain');
  });

  it('is asked of the words before when the latest only agree', () => {
    const agreed = {
      ...ask('yes, fine', 'pay_fee'),
      earlier: ['the blue one', 'Pay my late fee', 'Delete my account'],
    };
    expect(matchClasses(agreed).outcome).toBe('match');
    expect(matchClasses({ ...agreed, tool: tool('delete_account') }).outcome).toBe('no_match');
    expect(matchClasses({ ...agreed, words: 'show my loans' }).outcome).toBe('no_match');
  });

  it('lets closeness of meaning speak for no act that cannot be undone', () => {
    for (const words of ['Emma, Jane Austen', 'Renew my loan']) {
      for (const name of ['delete_account', 'pay_fee', 'cancel_reservation']) {
        expect(matchClasses(ask(words, name)).mayBeRescued).toBe(false);
      }
    }
    expect(matchClasses(ask('When is Emma due back?', 'send_message')).mayBeRescued).toBe(false);
    expect(matchClasses(ask('Renew my loan', 'send_message')).mayBeRescued).toBe(true);
  });
});
