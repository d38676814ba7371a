import { expect, test } from 'vitest';
import { renderTable } from './render_table.ts';

const measurement = { what: 'compile', measured: 512.34, unit: 'ms CPU', against: { name: 'limit', value: 2000 } };

test('a measurement is shown beside what it is held against, with the ratio', () => {
  expect(renderTable([{ ...measurement, ratioMax: 1 }])).toBe(
    [
      '| what | measured | against | ratio | promise |',
      '| --- | ---: | ---: | ---: | --- |',
      '| compile | 512 ms CPU | 2000 (limit) | 0.256 | holds (<= 1) |',
      '',
    ].join('\n'),
  );
});

test('a promise that does not hold is said, and nothing is said where none was made', () => {
  expect(renderTable([{ ...measurement, measured: 2001, ratioMax: 1 }])).toContain('exceeded');
  expect(renderTable([{ ...measurement, ratioMax: null }])).toContain('| 0.256 |  |');
});
