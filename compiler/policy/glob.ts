/** Globs over names: `*` is any text, `?` any one character, everything else itself. */

/** Judges names against one glob in time proportional to both lengths. */
export function matchesGlob(glob: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let restart = 0;
  let index = 0;
  while (index < name.length) {
    if (glob[at] === '*') {
      star = at;
      restart = index;
      at += 1;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      restart += 1;
      index = restart;
      at = star + 1;
    } else return false;
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}

export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}
