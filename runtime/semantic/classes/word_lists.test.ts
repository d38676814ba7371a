import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { phrases, toolClasses } from './word_lists.ts';

const lists = ['verbs.json', 'action_nouns.json', 'objects.json', 'sentence_words.json'];

function readList(name: string): { readonly [key: string]: string } {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}

describe('the word lists', () => {
  it.each(lists)('of %s hold lower-case words with one space between them', (name) => {
    for (const list of Object.values(readList(name))) expect(list).toMatch(/^(?:[a-z0-9']+(?: [a-z0-9']+)*)?$/);
  });

  it('have a list of verbs for every class and for nothing else', () => {
    expect(Object.keys(readList('verbs.json')).sort()).toEqual([...toolClasses].sort());
  });

  it('have no verb twice in one class', () => {
    for (const list of Object.values(readList('verbs.json'))) {
      expect(new Set(list.split(' ')).size).toBe(list.split(' ').length);
    }
  });

  it('have phrases that begin with a word and mean a class or a delegation', () => {
    for (const { means, words } of phrases) {
      expect([...toolClasses, 'delegated']).toContain(means);
      expect(words[0]).toMatch(/^[a-z]+$/);
      expect(words.at(-1)).not.toBe('*');
    }
  });
});
