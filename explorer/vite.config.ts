import { defineConfig } from 'vite';

/** Vite compiles TSX by itself; the React plugin would only add hot reloading. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: '../dist/explorer',
    emptyOutDir: true,
    target: 'es2023',
    // Everything comes from files of their own: the content security policy refuses what is inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npx vite explorer` beside a runtime with `--explorer-port 4000`, for changing the UI.
    proxy: { '/api': 'http://127.0.0.1:4000', '/signin': 'http://127.0.0.1:4000', '/signout': 'http://127.0.0.1:4000' },
  },
});
