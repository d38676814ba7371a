import type { CheckResult } from '../../policies/contract.ts';
import type { DriverName } from '../format/behaviour.ts';

/** What became of one behaviour with one driver. */
export interface BehaviourResult {
  readonly id: string;
  readonly behaviour: string;
  readonly source: string;
  readonly driver: DriverName;
  /** `skipped`: the file does not ask for this driver. Never counted as passed. */
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly failure: StepFailure | null;
  readonly durationMs: number;
}

/** The first step that went another way than expected; what would follow stands on it and is not run. */
export interface StepFailure {
  /** Counts from 1. */
  readonly step: number;
  readonly line: number;
  readonly kind: string;
  readonly expected: string;
  readonly got: string;
  readonly checks: readonly CheckResult[];
}
