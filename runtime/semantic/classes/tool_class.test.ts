import { describe, expect, it } from 'vitest';
import { annotated, tool } from '../testing/questions.ts';
import { classesOfTool } from './tool_class.ts';

describe('a tool', () => {
  it.each([
    ['get_minutes', ['read']],
    ['listReaders', ['read']],
    ['file.remove', ['delete']],
    ['sendMessage', ['send']],
    ['send_money', ['pay']],
    ['schedule_payment', ['pay']],
    ['buy-ticket', ['pay']],
    ['add_member', ['grant']],
    ['transfer_ownership', ['grant']],
    ['rotate_api_key', ['credential']],
    ['change_password', ['credential']],
    ['run_query', ['execute']],
    ['create_note', ['create']],
    ['rename_folder', ['update']],
    ['get_or_create_note', ['create']],
    ['order_history', ['pay']],
  ])('named %s does %j', (name, classes) => {
    expect(classesOfTool(tool(name)).classes).toEqual(classes);
  });

  it('whose name says nothing does what its description begins with', () => {
    expect(classesOfTool(tool('opening_hours', 'Returns the hours')).classes).toEqual(['read']);
    expect(classesOfTool(tool('minutes', 'Deletes the minutes')).classes).toEqual(['delete']);
    expect(classesOfTool(tool('order_history', 'Lists what was ordered')).classes).toEqual(['read']);
  });

  it('whose name and description say nothing does what its arguments are for', () => {
    const inputSchema = { properties: { amount: {}, recipient_iban: {} } };
    expect(classesOfTool(tool('sepa', '', { inputSchema })).classes).toEqual(['pay']);
    expect(classesOfTool(tool('shell', '', { inputSchema: { properties: { command: {} } } })).classes).toEqual([
      'execute',
    ]);
  });

  it('does what its operator declares, all of it', () => {
    const declared = tool('get_minutes', '', { classes: ['read', 'pay'] });
    expect(classesOfTool(declared)).toEqual({ quantifier: 'every', classes: ['read', 'pay'] });
  });

  it('cannot be told when it is named as if it read and says that it destroys', () => {
    expect(classesOfTool(annotated('get_minutes', { destructiveHint: true })).classes).toEqual([]);
  });

  it('is not believed to read only when its name says more', () => {
    expect(classesOfTool(annotated('delete_minutes', { readOnlyHint: true })).classes).toEqual(['delete']);
    expect(classesOfTool(annotated('opening_hours', { readOnlyHint: true })).classes).toEqual(['read']);
  });

  it('may have any name, schema and annotation', () => {
    for (const name of ['', '___', '🦊', '__proto__', 'constructor', 'x'.repeat(10_000)]) {
      for (const value of [null, [], 'x', { properties: [] }, { properties: { __proto__: {} } }]) {
        const hostile = tool(name, '\u0000', { annotations: value, inputSchema: { properties: value } });
        expect(classesOfTool(hostile).classes).toEqual([]);
      }
    }
  });
});
