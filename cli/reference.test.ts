import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from './commands.ts';
import { exitCodes } from './exit_codes.ts';

const page = readFileSync(new URL('../docs/reference/cli.md', import.meta.url), 'utf8');
const terminal = { stdout: () => undefined, stderr: () => undefined };
const made = commands.map((make) => make(terminal, () => undefined));
const sections = page.split('\n## ').slice(1);

/** The options that a section's help shows. */
function shownOptions(section: string): readonly string[] {
  return [...section.matchAll(/^ {2}(?:-\w, )?(--[a-z]+)/gm)].map(([, option]) => option ?? '');
}

test.each(['lint', 'compile', 'diff', 'explain', 'conformance'])('the reference of `%s` shows its options', (name) => {
  const command = made.find((one) => one.name() === name);
  const section = sections.find((text) => text.startsWith(`\`casa ${name}`)) ?? '';
  const options = command?.options.map(({ long }) => long) ?? [];
  expect(
    shownOptions(section)
      .filter((option) => option !== '--help')
      .sort(),
  ).toEqual(options.sort());
  expect(section.replaceAll(/\s+/g, ' ')).toContain(command?.description());
});

test('every subcommand of which the reference speaks is there', () => {
  const names = sections.flatMap((text) =>
    [...(text.split('\n')[0] ?? '').matchAll(/casa (\w+)/g)].map(([, name]) => name ?? ''),
  );
  const known = made.flatMap((command) => [command.name(), ...command.aliases()]);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(names).toContain('test');
});

test('every exit code is told', () => {
  for (const code of Object.values(exitCodes)) expect(page).toContain(`\n| ${code} | `);
});
