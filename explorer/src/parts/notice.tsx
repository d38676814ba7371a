import type { ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly busy?: boolean;
  readonly alarming?: boolean;
  readonly children?: ReactNode;
}

/** Says why there is nothing to see. */
export function Notice({ title, busy = false, alarming = false, children }: Props): ReactNode {
  return (
    <div className={alarming ? 'notice alarming' : 'notice'} role={alarming ? 'alert' : 'status'} aria-busy={busy}>
      <p className="notice-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}
