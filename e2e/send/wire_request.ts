/** One HTTP/1.1 request as bytes on the wire, well-formed or not. */
export interface WireRequest {
  /** `host:port` to connect to. */
  readonly to: string;
  /** The `Host` header; `to` when not said. */
  readonly authority?: string;
  readonly method?: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** How `body` holds its bytes. */
  readonly encoding?: 'utf8' | 'base64';
  /** A `content-length` that is not the body's. */
  readonly declaredBytes?: number;
  /** Ends the sending side when the bytes are out. */
  readonly hangsUp?: boolean;
}

export interface WireAnswer {
  /** null: the connection ended without an answer. */
  readonly status: number | null;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** The reason that the body gives, whichever form it has; null: none. */
  readonly reason: string | null;
}
