import type { ReactNode } from 'react';
import type { CallPhase } from '../../../policies/explorer_wire.ts';
import { readable } from '../readable.ts';
import { checkSentence, phaseWords } from '../words.ts';

type Check = CallPhase['checks'][number];

const signs: { readonly [outcome in Check['outcome']]: readonly [sign: string, word: string] } = {
  ALLOW: ['✓', 'passed'],
  BLOCK: ['✕', 'blocked'],
  ABSTAIN: ['–', 'did not apply'],
};

/** Every check by every phase that made it. */
export function ChecksMatrix({ phases }: { readonly phases: readonly CallPhase[] }): ReactNode {
  const names = [...new Set(phases.flatMap((phase) => phase.checks.map((check) => check.check)))];
  return (
    <div className="scroll">
      <table className="matrix">
        <thead>
          <tr>
            <th scope="col">Check</th>
            {phases.map((phase) => (
              <th scope="col" key={`${phase.phase} ${phase.at}`}>
                {phaseWords[phase.phase] ?? readable(phase.phase)}
              </th>
            ))}
            <th scope="col">Of what</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <CheckRow key={name} name={name} phases={phases} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CheckRow({ name, phases }: { readonly name: string; readonly phases: readonly CallPhase[] }): ReactNode {
  const found = phases.map((phase) => phase.checks.find((check) => check.check === name));
  const blocking = found.find((check) => check?.outcome === 'BLOCK');
  const applied = found.some((check) => check !== undefined && check.outcome !== 'ABSTAIN');
  const details = [...new Set(found.flatMap((check) => (check === undefined ? [] : [check.detail])))];
  const told = applied ? details.filter((detail) => detail !== 'does not apply') : details;
  return (
    <tr className={blocking !== undefined ? 'blocked' : applied ? '' : 'idle'}>
      <th scope="row">
        {checkSentence(name)} <code>{readable(name)}</code>
      </th>
      {phases.map((phase, index) => (
        <td key={`${phase.phase} ${phase.at}`} className="sign">
          <Outcome check={found[index]} />
        </td>
      ))}
      <td>
        {blocking !== undefined && <code>{readable(blocking.reason)} </code>}
        <bdi>{readable(told.filter((detail) => detail !== '').join('; '))}</bdi>
      </td>
    </tr>
  );
}

function Outcome({ check }: { readonly check: Check | undefined }): ReactNode {
  const [sign, word] = check === undefined ? ['', 'not asked'] : signs[check.outcome];
  return (
    <span className={`outcome ${check?.outcome ?? 'none'}`} role="img" aria-label={word} title={word}>
      {sign}
    </span>
  );
}
