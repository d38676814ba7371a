import { fileURLToPath } from 'node:url';

const parent = fileURLToPath(new URL('..', import.meta.url));

/** The checkout that this code is of, whether it runs built or not. */
export const casaFolder = parent.replace(/\/dist\/$/, '/').replace(/\/$/, '');
