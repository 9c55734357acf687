/** What an attacker did and what came back. */
export interface Tally {
  /** Requests begun, whole or not; a connection that never says anything counts as one. */
  requests: number
  /** Not sent: every connection that the attack may have was busy. */
  withheld: number
  /** Heads and bodies as they were handed to the kernel. */
  wireBytes: number
  /** How often each answer came: a status and its code, or `cut` for a connection that ended without one. */
  readonly answers: Record<string, number>
}

export function createTally(): Tally {
  return { requests: 0, withheld: 0, wireBytes: 0, answers: {} }
}

export function countAnswer({ answers }: Tally, answer: string): void {
  answers[answer] = (answers[answer] ?? 0) + 1
}

const WIRE_UNIT_BYTES = 64 * 1_024

/** What work is measured by: a request, or 64 KiB on the wire where that is more. */
export function unitsOf({ requests, wireBytes }: Tally): number {
  return Math.max(1, requests, wireBytes / WIRE_UNIT_BYTES)
}
