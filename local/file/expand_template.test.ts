import { describe, expect, test } from 'vitest';
import { expandTemplate, type TemplateValues } from './expand_template.ts';

const values: TemplateValues = {
  port: 8080,
  out: '/out/agent',
  project: '/project',
  url: (app) => (app === 'tools' ? 'http://tools:8080' : null),
  environment: (name) => (name === 'KEY' ? 'k$&' : ''),
};
const template = (word: string) => `$${'{'}${word}}`;

describe('expandTemplate', () => {
  test.each([
    [`${template('port')}`, '8080'],
    [`${template('url:tools')}/mcp`, 'http://tools:8080/mcp'],
    [`${template('out')}:${template('project')}`, '/out/agent:/project'],
    [`[${template('env:KEY')}][${template('env:UNSET')}]`, '[k$&][]'],
    ['$HOME and {braces} stay', '$HOME and {braces} stay'],
  ])('fills in %s', (text, expanded) => {
    expect(expandTemplate(text, values)).toEqual({ text: expanded });
  });

  test.each(['url:ghost', 'url', 'prot', 'env'])('names the first template that means nothing: %s', (word) => {
    expect(expandTemplate(`a ${template(word)} b ${template('nothing')}`, values)).toEqual({ unknown: template(word) });
  });

  test('an app that listens on nothing has no port', () => {
    expect(expandTemplate(template('port'), { ...values, port: null })).toEqual({ unknown: template('port') });
  });
});
