import type { Change, ToolChange } from '../compiler/diff/change.ts';
import type { FlipReport, Flips } from '../conformance/recorded/find_flips.ts';
import { quote } from '../crds/quote.ts';
import type { CompiledManifests } from './compile_manifests.ts';
import { rulePlace } from './rule_place.ts';

interface Sides {
  readonly old: Pick<CompiledManifests, 'placeOf'>;
  readonly new: Pick<CompiledManifests, 'placeOf'>;
}

/** A block for each direction, then the recorded calls that flip, then one line that counts. */
export function renderDiff(sides: Sides, changes: readonly Change[], flips: FlipReport | null): string {
  const of = (change: Change['change']) => changes.filter((one) => one.change === change);
  const lines = [
    ...of('newly_allowed').flatMap((change) => renderChange('+ newly allowed', sides, change)),
    ...of('newly_denied').flatMap((change) => renderChange('- newly denied', sides, change)),
    ...(flips === null ? [] : renderFlips(flips)),
    `${of('newly_allowed').length} newly allowed, ${of('newly_denied').length} newly denied`,
  ];
  return `${lines.join('\n')}\n`;
}

function renderChange(title: string, sides: Sides, change: Change): readonly string[] {
  const app = `${change.mas}/${change.app}`;
  if (change.kind === 'destination') return [`${title}: ${app} to ${plain(change.destination)}`];
  const { example } = change;
  return [
    `${title}: ${app} calls ${plain(`${change.server}/${change.tool}`)}`,
    `    for example ${plain(JSON.stringify(example.arguments))}, ${example.circumstance}`,
    `    was ${example.old}${renderRules(sides.old, change.rules.old)}`,
    `    now ${example.new}${renderRules(sides.new, change.rules.new)}`,
  ];
}

function renderRules(side: Sides['old'], rules: ToolChange['rules']['old']): string {
  return rules.length === 0 ? '' : ` (${rules.map((id) => rulePlace(side, id)).join(', ')})`;
}

function renderFlips({ replayed, allowedToDenied, deniedToAllowed, notReplayed }: FlipReport): readonly string[] {
  return [
    ...renderDirection('+ recorded, denied to allowed', deniedToAllowed),
    ...renderDirection('- recorded, allowed to denied', allowedToDenied),
    ...Object.entries(notReplayed.why).map(([why, count]) => `not replayed: ${count}: ${why}`),
    `${replayed} recorded calls replayed, ${notReplayed.calls} not, ${notReplayed.lines} lines not read`,
  ];
}

function renderDirection(title: string, { count, labels, shown }: Flips): readonly string[] {
  const { benign, injected, unknown } = labels;
  return [
    `${title}: ${count} (benign ${benign}, injected ${injected}, unknown ${unknown})`,
    ...shown.map(
      ({ run, call, tool, arguments: given, old, new: now }) =>
        `    ${plain(run)} call ${call}: ${plain(tool)} ${plain(given)}: ${old} to ${now}`,
    ),
  ];
}

/** Text of strangers, harmless in a terminal. */
function plain(text: string): string {
  return quote(text).slice(1, -1);
}
