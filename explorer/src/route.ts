/** The views and their addresses. */
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'systems' }
  | { readonly view: 'system'; readonly mas: string }
  | { readonly view: 'graph'; readonly mas: string }
  | { readonly view: 'sessions'; readonly mas: string | null }
  | { readonly view: 'session'; readonly session: string }
  | { readonly view: 'call'; readonly mas: string; readonly decision: string }
  | { readonly view: 'unknown' };

export const addresses = {
  overview: '/',
  systems: '/systems',
  system: (mas: string) => `/systems/${encodeURIComponent(mas)}`,
  graph: (mas: string) => `/systems/${encodeURIComponent(mas)}/graph`,
  sessions: '/sessions',
  sessionsOf: (mas: string) => `/sessions?mas=${encodeURIComponent(mas)}`,
  session: (id: string, decision?: string) =>
    `/sessions/${encodeURIComponent(id)}${decision === undefined ? '' : `#${encodeURIComponent(decision)}`}`,
  call: (mas: string, decision: string) => `/calls/${encodeURIComponent(mas)}/${encodeURIComponent(decision)}`,
} as const;

export function parseRoute(pathname: string, search: string): Route {
  const [first = '', second, third, ...more] = parts(pathname);
  if (more.length > 0) return { view: 'unknown' };
  if (first === '' && second === undefined) return { view: 'overview' };
  if (first === 'systems' && second === undefined) return { view: 'systems' };
  if (first === 'systems' && second !== undefined) {
    if (third === undefined) return { view: 'system', mas: second };
    return third === 'graph' ? { view: 'graph', mas: second } : { view: 'unknown' };
  }
  if (first === 'sessions' && second === undefined) {
    return { view: 'sessions', mas: new URLSearchParams(search).get('mas') };
  }
  if (first === 'sessions' && second !== undefined && third === undefined) return { view: 'session', session: second };
  if (first === 'calls' && second !== undefined && third !== undefined) {
    return { view: 'call', mas: second, decision: third };
  }
  return { view: 'unknown' };
}

function parts(pathname: string): readonly string[] {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return ['unknown'];
  }
}

const moved = new EventTarget();

export function go(address: string): void {
  history.pushState(null, '', address);
  moved.dispatchEvent(new Event('moved'));
  if (location.hash === '') scrollTo(0, 0);
}

export function useRoute(): Route {
  const address = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const [pathname = '/', search = ''] = address.split('?');
  return parseRoute(pathname, search);
}

function subscribe(changed: () => void): () => void {
  moved.addEventListener('moved', changed);
  addEventListener('popstate', changed);
  return () => {
    moved.removeEventListener('moved', changed);
    removeEventListener('popstate', changed);
  };
}
