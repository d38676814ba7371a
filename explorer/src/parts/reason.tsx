import type { ReactNode } from 'react';
import { readable } from '../readable.ts';
import { reasonSentence } from '../words.ts';

/** Why, in plain words, and the code to search for. */
export function Reason({ reason }: { readonly reason: string }): ReactNode {
  return (
    <span className="reason">
      {reasonSentence(reason)} <code>{readable(reason)}</code>
    </span>
  );
}
