import type { ReportedCall } from './join_calls.ts';

const columnsMax = 120;
const widths = { tool: 40, decision: 8, reason: 28 } as const;

/** The calls as a table of at most 120 columns: agent and prompt once, and under them a line for each call. */
export function renderTable(calls: readonly ReportedCall[]): string {
  const lines = ['AGENT, PROMPT', row('TOOL', 'DECISION', 'REASON', 'LATENCY'), '-'.repeat(columnsMax)];
  let last: ReportedCall | null = null;
  for (const call of calls) {
    if (last?.agent !== call.agent || last.prompt !== call.prompt) lines.push(heading(call));
    last = call;
    const tool = `${call.server}/${call.tool}`;
    lines.push(row(tool, call.decision, call.reason, `${call.latency_ms.toFixed(1)} ms`));
    if (call.note !== undefined) lines.push(...wrap(call.note).map((text) => `    ${text}`));
  }
  return `${lines.join('\n')}\n`;
}

function heading(call: ReportedCall): string {
  const scenario = call.case === 'safe' ? '' : `(${call.case}) `;
  return shorten(`${call.agent}: ${scenario}${printable(call.prompt)}`, columnsMax);
}

function row(tool: string, decision: string, reason: string, latency: string): string {
  const { tool: toolWidth, decision: decisionWidth, reason: reasonWidth } = widths;
  const cells = [
    shorten(printable(tool), toolWidth).padEnd(toolWidth),
    decision.padEnd(decisionWidth),
    shorten(printable(reason), reasonWidth).padEnd(reasonWidth),
    latency.padStart(12),
  ];
  return `  ${cells.join('  ')}`;
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)}${lines.at(-1) === '' ? '' : ' '}${word}`;
    if (line.length > columnsMax - 4) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}

/** Prompts and names are data: nothing in them may steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
