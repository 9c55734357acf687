import type { FaultKind } from './schedule.ts'

/** What a kind of fault asks of the world; a kind that is not named asks for nothing. */
type Need = 'three_brokers' | 'mount'

const needs: Partial<Readonly<Record<FaultKind, Need>>> = {
  broker_kill: 'three_brokers',
  broker_term: 'three_brokers',
  broker_freeze: 'three_brokers',
  broker_disk_loss: 'three_brokers',
  brokers_roll: 'three_brokers',
  kafka_disk_full: 'mount',
  clickhouse_disk_full: 'mount',
}

/** What this run has. */
export interface Means {
  readonly brokers: number
  readonly canMount: boolean
}

/** Whether any of these needs a disk that can be filled. */
export function needsDisks(kinds: readonly FaultKind[]): boolean {
  return kinds.some((kind) => needs[kind] === 'mount')
}

/** @returns null when it can be done, else why not, in words. */
export function whyNot(kind: FaultKind, { brokers, canMount }: Means): string | null {
  const need = needs[kind]
  if (need === 'three_brokers' && brokers < 3) return 'it needs --brokers 3'
  if (need === 'mount' && !canMount) return 'it needs a disk of its own: root, to mount a tmpfs'
  return null
}
