import type { ReactNode } from 'react';
import { explorerPaths, type Overview } from '../../../policies/explorer_wire.ts';
import { LiveView } from '../live/live_view.tsx';
import { useLive } from '../live/use_live.ts';
import { Panel } from '../parts/panel.tsx';
import { SystemsTable } from '../parts/systems_table.tsx';

export function SystemsPage(): ReactNode {
  const live = useLive<Overview>(explorerPaths.overview);
  return (
    <LiveView live={live} what="list">
      {({ systems }) => (
        <>
          <h1>Systems</h1>
          <Panel title="Multi-agent systems">
            <SystemsTable systems={systems} />
          </Panel>
        </>
      )}
    </LiveView>
  );
}
