/** Whether this instance still takes requests. */
export interface Lifecycle {
  readonly isDraining: boolean
}

/** Set on drain and seen by everything that asks whether to take more. */
export function createLifecycle(): Lifecycle & { drain(): void } {
  let isDraining = false
  return {
    get isDraining() {
      return isDraining
    },
    drain: () => {
      isDraining = true
    },
  }
}
