/** Whether traffic should be sent here, and if not, every reason why. */
export interface Readiness {
  readonly isReady: boolean
  readonly reasons: readonly string[]
}
