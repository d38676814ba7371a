/** A line that a box says about itself. */
export type BoxNews =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'ready'; readonly token: string; readonly authority: string }
  | { readonly kind: 'failed'; readonly message: string };
