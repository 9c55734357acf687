import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { keepErrors } from '../errors/keep-errors.ts'
import { createKafkaJs } from './client.ts'
import { startingAt, type KafkaConfig } from './kafka-config.ts'
import { kafkaJsCluster } from './kafkajs-cluster.ts'

const RETRY = { retries: 1, initialRetryTime: 100 }

/** A cluster that is not connected yet, and keeps what each partition said, see `keepErrors`. */
export function tellingCluster(kafka: KafkaConfig, log: Logger): RawCluster {
  const made: unknown = kafkaJsCluster(createKafkaJs(kafka, log, { retry: RETRY }))
  const cluster = made as RawCluster // a parsing boundary: the same object, described for other uses
  keepErrors(cluster)
  return cluster
}

/** A connection for questions that come again and again. */
export interface KeptCluster extends AsyncDisposable {
  /**
   * One question at a time. After a failure the next one connects anew, to another broker; after the end none does.
   *
   * @throws what it throws.
   */
  ask<T>(question: (cluster: RawCluster) => Promise<T>): Promise<T>
}

/** Connects at the first question. */
export function keepCluster(options: {
  readonly kafka: KafkaConfig
  readonly topics: readonly string[]
  readonly log: Logger
}): KeptCluster {
  const { kafka, topics, log } = options
  let kept: RawCluster | null = null
  let turn = 0
  let isClosed = false

  const throwIfClosed = (): void => {
    if (isClosed) throw new Error('the connection to Kafka was closed, it is not opened again')
  }
  const connect = async (cluster: RawCluster): Promise<void> => {
    await cluster.connect()
    await cluster.addMultipleTargetTopics(topics)
    throwIfClosed() // meanwhile
  }

  return {
    ask: async (question) => {
      throwIfClosed()
      const isNew = kept === null
      const cluster = (kept ??= tellingCluster(startingAt(kafka, turn++), log))
      try {
        if (isNew) await connect(cluster)
        return await question(cluster)
      } catch (error) {
        kept = null
        await letGo(cluster)
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      if (kept !== null) await letGo(kept)
    },
  }
}

async function letGo(cluster: RawCluster): Promise<void> {
  await cluster.disconnect().catch(() => {})
}
