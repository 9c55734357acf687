import type { ScenarioWorld } from './scenario-world.ts'

/** The kinds of things that operators and other producers do, by what goes wrong; `held` is what never did. */
export const KINDS = {
  K1: 'which log is this? rows are taken for present that are not there',
  K2: 'standing still in silence',
  K3: 'permanent taken for passing, passing for permanent',
  K4: 'values that are allowed and cannot work',
  K5: 'what the promise rests on is not checked',
  K6: 'the reason is swallowed, the remedy is wrong',
  K7: 'state that stays',
  K8: 'input that governs',
  K9: 'settings that several must share',
  K10: 'secrets',
  K11: 'signals',
  held: 'what held, and must go on holding',
} as const
export type Kind = keyof typeof KINDS

/** One thing that operators or other producers do, and what must be true then. */
export interface Scenario {
  /** What is done, in a few words and dashes; the file is called `<kind>-<name>.ts`, in small letters. */
  readonly name: string
  readonly kind: Kind
  /**
   * `plain`: the shared servers, Kafka asks nobody. `secure`: the same servers; the services are given
   * a Kafka that asks who they are. `own`: servers of its own, to stop or to change. `brokers`: the same with three
   * brokers, the dearest: half a minute and 1 GiB for its servers alone.
   */
  readonly needs: 'plain' | 'secure' | 'own' | 'brokers'
  /** One of the few that `npm test` runs too. @default false */
  readonly isInTests?: boolean
  /** It is red when it takes longer. @default 120 */
  readonly limitSeconds?: number
  /** More variables for setup and every service. @default none */
  readonly environment?: Readonly<Record<string, string>>
  /** @throws when something is not as it must be, saying what was expected and what was found. */
  readonly run: (world: ScenarioWorld) => Promise<void>
}
