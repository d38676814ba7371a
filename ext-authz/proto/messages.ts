/** Envoy's messages as proto-loader gives and takes them (`keepCase`, absent messages null, absent scalars their zero). */

export interface Struct {
  readonly fields: { readonly [name: string]: StructValue };
}
export interface StructValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
}

export interface SocketPeer {
  readonly address?: {
    readonly socket_address?: { readonly address: string; readonly port_value: number } | null;
  } | null;
}

export interface CheckRequest {
  readonly attributes?: {
    readonly source?: SocketPeer | null;
    readonly destination?: SocketPeer | null;
    readonly request?: { readonly http?: HttpRequestMessage | null } | null;
    readonly context_extensions?: { readonly [key: string]: string };
  } | null;
}

export interface HttpRequestMessage {
  readonly id?: string;
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly path?: string;
  readonly host?: string;
  readonly size?: number;
  readonly body?: string;
  readonly raw_body?: Uint8Array;
}

export interface HeaderValueOption {
  readonly header: { readonly key: string; readonly value: string };
  readonly append_action: 'OVERWRITE_IF_EXISTS_OR_ADD';
}

export interface CheckResponse {
  readonly status: { readonly code: number; readonly message?: string };
  readonly denied_response?: {
    readonly status: { readonly code: number };
    readonly headers: readonly HeaderValueOption[];
    readonly body: string;
  };
  readonly ok_response?: {
    readonly headers: readonly HeaderValueOption[];
    readonly headers_to_remove: readonly string[];
    readonly response_headers_to_add: readonly HeaderValueOption[];
  };
  readonly dynamic_metadata: Struct;
}

export interface HttpHeadersMessage {
  readonly headers?: {
    readonly headers: readonly { readonly key: string; readonly value: string; readonly raw_value: Uint8Array }[];
  } | null;
  readonly end_of_stream?: boolean;
}
export interface HttpBodyMessage {
  readonly body?: Uint8Array;
  readonly end_of_stream?: boolean;
}

export interface ProcessingRequest {
  /** Which of the members below is set. */
  readonly request?: string;
  readonly request_headers?: HttpHeadersMessage;
  readonly response_headers?: HttpHeadersMessage;
  readonly request_body?: HttpBodyMessage;
  readonly response_body?: HttpBodyMessage;
  readonly request_trailers?: object;
  readonly response_trailers?: object;
  readonly metadata_context?: { readonly filter_metadata: { readonly [namespace: string]: Struct } } | null;
}

export interface ProcessingResponse {
  readonly request_headers?: object;
  readonly response_headers?: object;
  readonly request_body?: object;
  readonly response_body?: object;
  readonly request_trailers?: object;
  readonly response_trailers?: object;
  readonly immediate_response?: {
    readonly status: { readonly code: number };
    readonly headers: { readonly set_headers: readonly HeaderValueOption[] };
    readonly body: Uint8Array;
    readonly details: string;
  };
}

/** A header that replaces whatever the request or answer had under its name. */
export function setHeader(key: string, value: string): HeaderValueOption {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}
