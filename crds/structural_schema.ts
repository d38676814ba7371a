/** The CRDs' schemas, as far as they are looked at here. */

/** The part of a structural schema that is looked at here. */
export interface StructuralSchema {
  readonly properties?: { readonly [name: string]: StructuralSchema };
  readonly items?: StructuralSchema;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
  readonly [keyword: string]: unknown;
}

/** One CEL rule over the value that its schema is of. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  /** Where below the value it is reported, such as `.port`. */
  readonly fieldPath?: string;
}
