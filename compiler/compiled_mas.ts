import type { MapsDocument } from '../policies/maps.ts';
import type { PepDocument } from '../policies/pep.ts';
import type { CompiledSystem } from '../policies/system.ts';

/** One MAS, compiled: the three documents of its bundle. */
export interface CompiledMas {
  /** `namespace.name` */
  readonly mas: string;
  readonly system: CompiledSystem;
  readonly pep: PepDocument;
  readonly maps: MapsDocument;
}
