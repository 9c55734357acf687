import { setTimeout as delay } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { createKafkaJs } from '../kafkajs/client.ts'
import { kafkaVerdict } from '../errors/kafka-errors.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { asking } from '../errors/kafka-problem.ts'

/** A connection for the time of one piece of work. @throws what the work throws, or when Kafka is not reachable. */
export async function withAdmin<T>(
  config: KafkaConfig,
  log: Logger,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const kafka = createKafkaJs(config, log, {
    requestTimeout: 15_000,
    retry: { retries: 5, initialRetryTime: 200 },
  })
  const admin = kafka.admin()
  try {
    await asking(CONNECTION, () => admin.connect())
    return await use(admin)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

const CONNECTION = { resource: 'connecting', right: 'the use of the cluster' }
const PATIENCE = { attempts: 30, delayMs: 500 }
/** A thousand partitions keep a small broker busy for longer than 15 s, and whatever else is made meanwhile waits. */
export const WHILE_MADE = { attempts: 120 }

/** Also what a group's members would join again for: a fresh broker says NOT_COORDINATOR while it loads. */
function isPassing(error: unknown): boolean {
  const { class: what } = kafkaVerdict(error)
  return what === 'passing' || what === 'rejoin'
}

/** Kafka makes topics in the background: for a moment it can say that a new one does not exist. */
export async function patiently<T>(
  ask: () => Promise<T>,
  { attempts }: { readonly attempts: number } = PATIENCE,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === attempts || !isPassing(error)) throw error
      await delay(PATIENCE.delayMs)
    }
  }
}
