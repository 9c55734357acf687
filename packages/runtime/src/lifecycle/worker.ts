import { isOurs, type FromWorker, type WorkerReport } from './worker-messages.ts'

/** A worker's side of the ops port: the primary asks, and answers for all. */
export function reportToPrimary(report: () => Promise<WorkerReport>): AsyncDisposable {
  const answer = async (message: unknown): Promise<void> => {
    if (!isOurs(message) || message.kind !== 'custom-events:report') return
    tell({ kind: 'custom-events:report', id: message.id, report: await report() })
  }
  const listener = (message: unknown): void => void answer(message)
  process.on('message', listener)
  return {
    [Symbol.asyncDispose]: async () => {
      process.off('message', listener)
    },
  }
}

export function tellStarted(): void {
  tell({ kind: 'custom-events:started' })
}

/** Calls back when the primary says so, which it repeats. */
export function onDrain(drain: () => void): void {
  process.on('message', (message) => {
    if (isOurs(message) && message.kind === 'custom-events:drain') drain()
  })
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message)
}
