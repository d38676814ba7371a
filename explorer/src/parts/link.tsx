import type { MouseEvent, ReactNode } from 'react';
import { go } from '../route.ts';

interface Props {
  readonly to: string;
  readonly className?: string;
  readonly current?: boolean;
  readonly children: ReactNode;
}

/** A link to another view; with a modifier key the browser does what it always does. */
export function Link({ to, className, current = false, children }: Props): ReactNode {
  const click = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} className={className} onClick={click} aria-current={current ? 'page' : undefined}>
      {children}
    </a>
  );
}
