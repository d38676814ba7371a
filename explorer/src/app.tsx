import { type ReactNode, useState } from 'react';
import { CallView } from './pages/call_page.tsx';
import { GraphPage } from './pages/graph_page.tsx';
import { MasView } from './pages/mas_page.tsx';
import { OverviewPage } from './pages/overview_page.tsx';
import { SessionView } from './pages/session_page.tsx';
import { SessionsPage } from './pages/sessions_page.tsx';
import { SystemsPage } from './pages/systems_page.tsx';
import { Link } from './parts/link.tsx';
import { Notice } from './parts/notice.tsx';
import { addresses, type Route, useRoute } from './route.ts';
import { nextTheme, storedTheme } from './theme.ts';

export function App(): ReactNode {
  const route = useRoute();
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <TopBar route={route} />
      <main id="content" tabIndex={-1}>
        <View route={route} />
      </main>
    </>
  );
}

function TopBar({ route }: { readonly route: Route }): ReactNode {
  const [theme, setTheme] = useState(storedTheme);
  const views = [
    { label: 'Overview', to: addresses.overview, current: route.view === 'overview' },
    {
      label: 'Systems',
      to: addresses.systems,
      current: ['systems', 'system', 'graph'].includes(route.view),
    },
    { label: 'Sessions', to: addresses.sessions, current: ['sessions', 'session', 'call'].includes(route.view) },
  ];
  return (
    <header className="top">
      <Link to={addresses.overview} className="brand">
        <img src="/icon.svg" alt="" width="20" height="20" /> CASA <span>Explorer</span>
      </Link>
      <nav aria-label="Views">
        {views.map(({ label, to, current }) => (
          <Link key={label} to={to} current={current}>
            {label}
          </Link>
        ))}
      </nav>
      <button type="button" className="quiet" onClick={() => setTheme(nextTheme(theme))}>
        Theme: {theme}
      </button>
      <button type="button" className="quiet" onClick={() => void signOut()}>
        Sign out
      </button>
    </header>
  );
}

async function signOut(): Promise<void> {
  await fetch('/signout', { method: 'POST' });
  location.assign('/');
}

function View({ route }: { readonly route: Route }): ReactNode {
  switch (route.view) {
    case 'overview':
      return <OverviewPage />;
    case 'systems':
      return <SystemsPage />;
    case 'system':
      return <MasView mas={route.mas} />;
    case 'graph':
      return <GraphPage mas={route.mas} />;
    case 'sessions':
      return <SessionsPage key={route.mas} mas={route.mas} />;
    case 'session':
      return <SessionView key={route.session} session={route.session} />;
    case 'call':
      return <CallView mas={route.mas} decision={route.decision} />;
    case 'unknown':
      return <Notice title="There is no such page">The navigation above leads to those that there are.</Notice>;
  }
}
