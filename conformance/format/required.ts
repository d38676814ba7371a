import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { CasaError } from '../../policies/errors.ts';

const validate = new Ajv().compile<readonly string[]>({
  type: 'array',
  uniqueItems: true,
  items: { type: 'string', pattern: '^[a-z0-9]+(_[a-z0-9]+)*$' },
});

/** The ids that a file of required behaviours lists; throws `configuration_invalid` when it is no such list. */
export function readRequired(file: string): readonly string[] {
  const value: unknown = parse(readFileSync(file, 'utf8'));
  if (validate(value)) return value;
  throw new CasaError('configuration_invalid', `\`${file}\` is no list of behaviour ids, each once`);
}

/** Required ids that no behaviour has, in the list's order. */
export function missingBehaviours(
  required: readonly string[],
  behaviours: readonly { readonly id: string }[],
): readonly string[] {
  const present = new Set(behaviours.map(({ id }) => id));
  return required.filter((id) => !present.has(id));
}
