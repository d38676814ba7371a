import type { Issue } from '../../../crds/issue.ts';
import { isOwnGround, parseAddress } from '../rows/address.ts';
import { addressesAt, type KnownName, learnAnswer, learnFailure, unknownName } from './known_name.ts';
import { type Name, nameText, type Resolver } from './resolver.ts';

/** Name text to what is known of it. */
export type NameBook = ReadonlyMap<string, KnownName>;

export interface RefreshedNames {
  readonly book: NameBook;
  readonly issues: readonly Issue[];
}

/** Asks for each name whose time has come; never rejects: what cannot be resolved is an issue. Names not asked for are forgotten. */
export async function refreshNames(
  book: NameBook,
  names: readonly Name[],
  resolver: Resolver,
  nowMs: number,
): Promise<RefreshedNames> {
  const distinct = [...new Map(names.map((name) => [nameText(name), name])).entries()];
  const refreshed = await Promise.all(
    distinct.map(async ([text, name]) => {
      const known = book.get(text) ?? unknownName;
      if (known.refreshAtMs > nowMs) return { text, known, issues: [] };
      return { text, ...(await refresh(name, known, resolver, nowMs)) };
    }),
  );
  return {
    book: new Map(refreshed.map(({ text, known }) => [text, known])),
    issues: refreshed.flatMap(({ issues }) => issues),
  };
}

export function addressesOf(book: NameBook, name: Name, nowMs: number): readonly string[] {
  return addressesAt(book.get(nameText(name)) ?? unknownName, nowMs);
}

async function refresh(name: Name, known: KnownName, resolver: Resolver, nowMs: number) {
  const text = nameText(name);
  try {
    const answer = await resolver(name);
    const refused = answer.addresses.filter(isRefused);
    const addresses = answer.addresses.filter((address) => !isRefused(address));
    const issues = refused.map((address) =>
      issueOf('address_refused', text, `\`${text}\` resolves to \`${address}\`, which no name may open`),
    );
    if (answer.addresses.length === 0) issues.push(issueOf('name_unresolved', text, `\`${text}\` has no address`));
    return { known: learnAnswer(known, { ...answer, addresses }, nowMs), issues };
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    const issues = [issueOf('name_unresolved', text, `cannot resolve \`${text}\`: ${because}`)];
    return { known: learnFailure(known, nowMs), issues };
  }
}

function isRefused(text: string): boolean {
  const address = parseAddress(text);
  return address === null || isOwnGround(address);
}

function issueOf(code: string, text: string, message: string): Issue {
  return { code, severity: 'warning', resource: `name/${text}`, path: '', message };
}
