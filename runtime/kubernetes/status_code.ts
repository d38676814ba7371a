/** The HTTP status that the API server answered, or null when it did not. */
export function statusCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null) return null;
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'number' ? code : null;
}
