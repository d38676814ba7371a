/** Light or dark as the system says, unless somebody chose. */
export type Theme = 'auto' | 'light' | 'dark';

const storageKey = 'casa-theme';

export function storedTheme(): Theme {
  const stored = localStorage.getItem(storageKey);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}

/** The theme after `theme`, chosen and kept. */
export function nextTheme(theme: Theme): Theme {
  const next: Theme = theme === 'auto' ? 'light' : theme === 'light' ? 'dark' : 'auto';
  localStorage.setItem(storageKey, next);
  applyTheme(next);
  return next;
}
