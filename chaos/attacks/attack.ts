import type { Tally } from './tally.ts'

/** Where an attack goes. */
export interface Target {
  readonly host: string
  readonly port: number
  /** A write key that may do everything a sender may. */
  readonly key: string
}

/** What an attack works with. */
export interface Hands {
  readonly target: Target
  readonly tally: Tally
  /** Aborted when the attack is over. */
  readonly signal: AbortSignal
  /** So many times as often as the attack says. */
  readonly pace: number
}

/** Something that somebody does to ingest on purpose; its rate is fixed, whatever ingest answers. */
export interface Attack {
  readonly name: string
  /** What is sent and how often, for the table. */
  readonly sends: string
  /** Somebody who has a key can be found and stopped: what the work costs is told then, not bounded. */
  readonly isKeyed: boolean
  /** How long it is tried unless somebody says otherwise. @default 60 */
  readonly seconds?: number
  /** Makes what is sent, before the clock starts; the result sends it until the signal is aborted. */
  readonly prepare: () => (hands: Hands) => Promise<void>
}
