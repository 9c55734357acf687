/** How long a benchmark measures. */
export interface BenchOptions {
  /** How often every case is measured, in turn with the others. */
  readonly rounds: number
  /** Of one measurement of one case. */
  readonly secondsPerCase: number
  /** Of the loads that come before the first measurement, so that it meets compiled code. */
  readonly warmUpSeconds: number
  /** Of the backlog that a consumer drains. */
  readonly records: number
  /** Only cases whose name holds this. @default all */
  readonly only: string
  /** Options of Node for our programs, such as those of its profiler. @default none */
  readonly nodeOptions: string
  /** A tenth of the work, or less: proves that the program runs; its figures mean nothing. */
  readonly isTiny: boolean
  /** Tells a person what is going on. */
  readonly say: (line: string) => void
}

/** Few and short where only ratios within 15 % count; tiny in tests. */
export const SIZES = {
  full: { rounds: 5, secondsPerCase: 3, warmUpSeconds: 2, records: 1_000_000, isTiny: false },
  quick: { rounds: 3, secondsPerCase: 2, warmUpSeconds: 1, records: 400_000, isTiny: false },
  tiny: { rounds: 1, secondsPerCase: 1, warmUpSeconds: 0, records: 20_000, isTiny: true },
} as const
