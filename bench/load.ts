import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { BodyShape } from './bodies.ts'
import { OTHER_CORE, pin } from './pin.ts'

interface Load {
  readonly url: string
  readonly shape: BodyShape
  /** So many requests may be under way at once. */
  readonly connections: number
  readonly seconds: number
  /** No event is a copy of another; else each connection sends the same ones again. @default false */
  readonly hasNewIds?: boolean
  /** The generator may use every core, not only the one beside the measured. @default false */
  readonly isOnAllCores?: boolean
}

/** Posts as fast as answers come. */
export type ClosedLoop = Load

export interface ClosedLoopResult {
  /** Events in answers that were read, 200 and with the right count. */
  readonly accepted: number
  readonly requestsPerSecond: number
  /** Answers that were something else, or never came. */
  readonly notOk: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  /** Of the load generator itself. */
  readonly cpuSeconds: number
  readonly seconds: number
}

/** Requests at a fixed rate, whatever the answers. More than the connections carry wait, which counts. */
export interface OpenLoop extends Load {
  readonly requestsPerSecond: number
}

/** Latencies from when a request was due to the end of its answer. */
export interface OpenLoopResult {
  /** Events in answers that were read, 200 and with the right count. */
  readonly accepted: number
  readonly notOk: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

/** @throws when the generator fails, which is no finding about the server. */
export async function loadClosedLoop(load: ClosedLoop): Promise<ClosedLoopResult> {
  return run('closed-loop.ts', load)
}

/** @throws when the generator fails. */
export async function loadOpenLoop(load: OpenLoop): Promise<OpenLoopResult> {
  return run('open-loop.ts', load)
}

async function run<Result>(program: string, load: Load): Promise<Result> {
  const file = fileURLToPath(new URL(program, import.meta.url))
  const child = spawn(process.execPath, [file, JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (load.isOnAllCores !== true) pin(child.pid ?? 0, OTHER_CORE)
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (child.exitCode !== 0) throw new Error(`${program} ended with code ${child.exitCode}`)
  return JSON.parse(output) as Result // printed by our own program
}
