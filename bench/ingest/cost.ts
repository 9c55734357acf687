import { SINGLE, type BodyShape } from '../bodies.ts'
import type { Figures } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { openWorkbench, type Cores, type Workbench } from './servers.ts'
import { measureSweep, type Point, type Sweep } from './sweep.ts'

const BATCH: BodyShape = { ...SINGLE, eventsPerBody: 100 }
const SINGLES = 'single events, 512 connections'
const BATCHES = 'batches of 100, 64 connections'

export const costOfConnections = sweepOf(async (bench) => {
  const [server, bare] = [
    await ingestOn(bench, 'bench.cost'),
    await bench.startPeer('bare.ts', '/'),
  ]
  const at = (connections: number) => ({ at: connections, shape: SINGLE, connections })
  const counts = [1, 4, 16, 64, 256, 512].map(at)
  return {
    title: 'Single events per second by connections',
    grows: { label: 'connections', scale: 'log' },
    lines: {
      'custom-events, through Kafka': counts.map((point) => ({ ...point, server })),
      'bare node:http and JSON.parse': counts.map((point) => ({ ...point, server: bare })),
    },
  }
})

export const costOfBatchSize = sweepOf(async (bench) => {
  const [server, bare] = [
    await ingestOn(bench, 'bench.cost'),
    await bench.startPeer('bare.ts', '/'),
  ]
  const sizes = [1, 5, 10, 50, 100, 500, 1_000, 2_500].map((events) => ({
    at: events,
    shape: { ...SINGLE, eventsPerBody: events },
    // No more at once than one process takes in a fraction of a second, or it would refuse some.
    connections: Math.min(64, 5_000 / events),
  }))
  return {
    title: 'Events per second by events in a request',
    grows: { label: 'events in a request', scale: 'log' },
    lines: {
      'custom-events, through Kafka': sizes.map((point) => ({ ...point, server })),
      'bare node:http and JSON.parse': sizes.map((point) => ({ ...point, server: bare })),
    },
  }
})

export const costOfBodySize = sweepOf(async (bench) => {
  const [server, bare] = [
    await ingestOn(bench, 'bench.cost'),
    await bench.startPeer('bare.ts', '/'),
  ]
  const sizes = [0.2, 0.5, 1, 4, 16, 64].map((kilobytes) => ({
    at: kilobytes,
    shape: { ...SINGLE, eventBytes: kilobytes * 1_000 },
    connections: 64,
  }))
  return {
    title: 'Megabytes of single events per second by the size of an event',
    grows: { label: 'KB in an event', scale: 'log' },
    shows: { label: 'MB/s', of: 'megabytesPerSecond' },
    lines: {
      'custom-events, through Kafka': sizes.map((point) => ({ ...point, server })),
      'bare node:http and JSON.parse': sizes.map((point) => ({ ...point, server: bare })),
    },
  }
})

/** With a limit per account, so high that nothing is refused: without one, ingest keeps nothing of accounts. */
export const costOfAccounts = sweepOf(async (bench) => {
  const limited = await bench.startIngest({
    KAFKA_TOPIC: 'bench.limited',
    RATE_LIMIT_ACCOUNT_EVENTS_PER_SECOND: '10000000',
    RATE_LIMIT_ACCOUNT_BURST_EVENTS: '100000000',
  })
  const server = await ingestOn(bench, 'bench.cost')
  const counts = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000].map((accounts) => ({
    at: accounts,
    shape: { ...BATCH, accounts, eventBytes: 250 },
    connections: 64,
  }))
  return {
    title: 'Events per second by accounts, batches of 100',
    grows: { label: 'accounts', scale: 'log' },
    lines: {
      'no limits': counts.map((point) => ({ ...point, server })),
      'a limit for each account': counts.map((point) => ({ ...point, server: limited })),
    },
  }
})

export const costOfPartitions = sweepOf(async (bench) => {
  const points: Omit<Point, 'shape' | 'connections'>[] = []
  for (const partitions of [1, 3, 12, 24, 48, 96]) {
    const environment = {
      KAFKA_TOPIC: `bench.partitions-${partitions}`,
      KAFKA_PARTITIONS: String(partitions),
    }
    points.push({ at: partitions, server: await bench.startIngest(environment) })
  }
  return {
    title: 'Events per second by partitions of the topic',
    grows: { label: 'partitions', scale: 'log' },
    lines: {
      [BATCHES]: points.map((point) => ({ ...point, shape: BATCH, connections: 64 })),
      [SINGLES]: points.map((point) => ({ ...point, shape: SINGLE, connections: 512 })),
    },
  }
})

/** Without pinning: with two cores, the second worker shares what the load and Kafka leave. */
export const costOfWorkers = sweepOf(async (bench) => {
  const points: Omit<Point, 'shape' | 'connections'>[] = []
  for (const workers of [1, 2]) {
    const environment = { KAFKA_TOPIC: `bench.workers-${workers}`, WORKERS: String(workers) }
    points.push({ at: workers, server: await bench.startIngest(environment) })
  }
  return {
    title: 'Events per second by workers, two cores shared with the load and Kafka',
    grows: { label: 'workers', scale: 'linear' },
    lines: {
      [BATCHES]: points.map((point) => ({ ...point, shape: BATCH, connections: 64 })),
      [SINGLES]: points.map((point) => ({ ...point, shape: SINGLE, connections: 512 })),
    },
  }
}, 'shared')

function ingestOn(bench: Workbench, topic: string) {
  return bench.startIngest({ KAFKA_TOPIC: topic })
}

function sweepOf(prepare: (bench: Workbench) => Promise<Sweep>, cores: Cores = 'pinned') {
  return async (options: BenchOptions): Promise<Figures> => {
    await using bench = await openWorkbench(options.say, cores)
    return await measureSweep(bench, await prepare(bench), options)
  }
}
