/** Where a request is sent from: the agent's own place, through its Envoy; or a peer's, straight to the server's Envoy. */
export type Place = 'agent' | 'server';

export const encodings = ['utf8', 'latin1', 'utf16le', 'utf16be', 'utf32le', 'gzip', 'deflate', 'brotli'] as const;
export type Encoding = (typeof encodings)[number];

/** How a request differs from the plain one; texts have placeholders (README). */
export interface Shape {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** The `Host` header; null: none. */
  readonly host?: string | null;
  /** Whole lines of the head, in their order, behind the plain ones. */
  readonly headers?: readonly string[];
  /** Plain headers that are left out. */
  readonly without?: readonly string[];
  readonly body?: string;
  /** How `body` becomes bytes. */
  readonly encoding?: Encoding;
  /** What stands behind the head in place of the body, a character a byte. */
  readonly payload?: string;
  /** The whole request, a character a byte: nothing else of a shape counts then. */
  readonly wire?: string;
  /** This side of the connection ends behind the last byte. */
  readonly ends?: boolean;
}

/** `403 body_malformed`; `400 -` gives no reason; `closed` is the end without an answer; `allowed` is what may pass. */
export type Expected = string;

export interface DesyncCase {
  readonly id: string;
  readonly family: string;
  /** What makes it hostile, in words. */
  readonly trait: string;
  readonly hostile: Shape;
  readonly twin: Shape;
  /** By place; a place that is missing is not asked. */
  readonly expect: { readonly [P in Place]?: Expected };
}
