import type { OfferedTool } from './chat.ts';
import { amountIn } from './extract.ts';

const readVerbs = new Set(['get', 'list', 'read', 'show']);

/**
 * The offered tools that a text asks for, by the words of their names. A reading tool is asked for by its noun
 * (`get_account_summary`: "account summary"), any other by its verb and its noun, an amount, or an id ("Transfer 20 EUR").
 * Words that named one tool do not name another.
 */
export function matchTools(text: string, tools: readonly OfferedTool[]): readonly OfferedTool[] {
  let rest = text.toLowerCase();
  const hasAmount = amountIn(text) !== null;
  const matched: OfferedTool[] = [];
  for (const tool of [...tools].sort(doersAndLongNamesFirst)) {
    const { verb, noun } = words(tool);
    const phrase = word(noun.join(' '));
    if (readVerbs.has(verb)) {
      if (!phrase.test(rest)) continue;
      rest = rest.replace(phrase, ' ');
    } else {
      const last = word(noun.at(-1) ?? '');
      if (!word(verb).test(rest) || !(last.test(rest) || hasAmount)) continue;
      rest = rest.replace(word(verb), ' ').replace(last, ' ');
    }
    matched.push(tool);
  }
  return tools.filter((tool) => matched.includes(tool));
}

function words(tool: OfferedTool): { readonly verb: string; readonly noun: readonly string[] } {
  const [verb = '', ...noun] = tool.name.toLowerCase().split(/[^a-z0-9]+/);
  return { verb, noun };
}

function word(text: string): RegExp {
  return new RegExp(`\\b${text}\\b`);
}

function doersAndLongNamesFirst(a: OfferedTool, b: OfferedTool): number {
  const [left, right] = [words(a), words(b)];
  const reads = Number(readVerbs.has(left.verb)) - Number(readVerbs.has(right.verb));
  return reads !== 0 ? reads : right.noun.length - left.noun.length;
}
