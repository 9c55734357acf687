import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What a process counts for us: which functions ran since the last time it was asked. */
export interface Coverage extends AsyncDisposable {
  /** The functions that ran since the last call, as `file:name`; only those of this repository. */
  take(): Promise<ReadonlySet<string>>
}

/** For the environment of the process: its inspector listens on loopback, on a port that is free. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const

const WAIT_MS = 10_000

/**
 * Connects to the inspector of a process that was started with `INSPECTED`, and has V8 count every call.
 *
 * @param logFile where the process has said its inspector's address.
 * @throws when there is none within 10 s.
 */
export async function countCalls(logFile: string): Promise<Coverage> {
  const inspector = await connect(await addressIn(logFile))
  await inspector.ask('Profiler.enable')
  await inspector.ask('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  return {
    take: async () => namesOf(await inspector.ask('Profiler.takePreciseCoverage')),
    [Symbol.asyncDispose]: inspector.close,
  }
}

async function addressIn(logFile: string): Promise<string> {
  const deadline = Date.now() + WAIT_MS
  while (Date.now() < deadline) {
    const [, address] = /listening on (ws:\S+)/.exec(readFileSync(logFile, 'utf8')) ?? []
    if (address !== undefined) return address
    await delay(50)
  }
  throw new Error(`${logFile}: no inspector within ${WAIT_MS} ms: was it started with --inspect?`)
}

/** Chrome's DevTools protocol: numbered questions, each answered under its number. */
async function connect(address: string) {
  const socket = new WebSocket(address)
  const waiting = new Map<number, (answer: unknown) => void>()
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as { readonly id: number; readonly result: unknown }
    waiting.get(answer.id)?.(answer.result)
    waiting.delete(answer.id)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error(`${address}: no inspector there`)))
  })
  let asked = 0
  return {
    ask: (method: string, params: object = {}): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const id = ++asked
        const overdue = setTimeout(() => reject(new Error(`${method}: no answer`)), WAIT_MS)
        waiting.set(id, (answer) => {
          clearTimeout(overdue)
          resolve(answer)
        })
        socket.send(JSON.stringify({ id, method, params }))
      }),
    close: async (): Promise<void> => socket.close(),
  }
}

/** The part of a ScriptCoverage that is read here. */
interface ScriptCoverage {
  readonly url: string
  readonly functions: readonly {
    readonly functionName: string
    readonly ranges: readonly { readonly startOffset: number; readonly count: number }[]
  }[]
}

/** @param answer what `Profiler.takePreciseCoverage` returned. */
export function namesOf(answer: unknown): ReadonlySet<string> {
  const { result } = answer as { readonly result: readonly ScriptCoverage[] } // of V8 itself
  return new Set(
    result.flatMap(({ url, functions }) => {
      const file = url.startsWith('file:') ? relative('.', fileURLToPath(url)) : '..'
      if (file.startsWith('..') || file.startsWith('node_modules')) return []
      return functions.flatMap(({ functionName, ranges: [range] }) =>
        range === undefined || range.count === 0
          ? []
          : [`${file}:${functionName === '' ? `at ${range.startOffset}` : functionName}`],
      )
    }),
  )
}
