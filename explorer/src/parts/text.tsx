import { type ReactNode, useState } from 'react';
import { count } from '../format.ts';
import { readable } from '../readable.ts';

/** A name that somebody else chose. */
export function Name({ of, code = false }: { readonly of: string; readonly code?: boolean }): ReactNode {
  return code ? <code>{readable(of)}</code> : <bdi>{readable(of)}</bdi>;
}

interface Props {
  readonly text: string;
  /** Characters that are shown at first. */
  readonly clipAt: number;
  readonly className?: string;
}

/** Text of any length and content; what is long can be shown whole. */
export function Clipped({ text, clipAt, className }: Props): ReactNode {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > clipAt;
  const shown = isLong && !isWhole ? `${text.slice(0, clipAt)}…` : text;
  return (
    <span className={className}>
      <bdi className="words">{readable(shown)}</bdi>
      {isLong && (
        <button type="button" className="quiet" onClick={() => setWhole(!isWhole)} aria-expanded={isWhole}>
          {isWhole ? 'show less' : `show all ${count(text.length)} characters`}
        </button>
      )}
    </span>
  );
}

/** The beginning of a text, for a link to the whole of it. */
export function Excerpt({ text, clipAt }: { readonly text: string; readonly clipAt: number }): ReactNode {
  return <bdi className="words">{readable(text.length > clipAt ? `${text.slice(0, clipAt)}…` : text)}</bdi>;
}

/** Arguments as JSON. */
export function Json({ value, clipAt = 600 }: { readonly value: unknown; readonly clipAt?: number }): ReactNode {
  const compact = JSON.stringify(value);
  return (
    <Clipped className="json" text={compact.length > 90 ? JSON.stringify(value, null, 2) : compact} clipAt={clipAt} />
  );
}

/** The start of a hash or id; the whole of it in the title. */
export function Id({ of }: { readonly of: string }): ReactNode {
  return (
    <code className="id" title={readable(of)}>
      {readable(of.slice(0, 12))}
    </code>
  );
}
