import { KafkaCodeError } from '../errors/kafka-errors.ts'
import type { BatchResult, LinkBatch } from './produce-link.ts'
import type { PartResponse } from './produce-request.ts'

const NETWORK_EXCEPTION = 13
const UNSUPPORTED_COMPRESSION_TYPE = 76

/** The broker does not know, or does not take, what the batch is compressed with. */
export function isCodecRefused(result: BatchResult | undefined): boolean {
  return (
    result?.status === 'failed' &&
    result.error instanceof KafkaCodeError &&
    result.error.code === UNSUPPORTED_COMPRESSION_TYPE
  )
}

/** A partition that the answer does not name is not acknowledged. */
export function resultsOf(
  batches: readonly LinkBatch[],
  parts: readonly PartResponse[],
): readonly BatchResult[] {
  const partByPlace = new Map(parts.map((part) => [placeOf(part), part]))
  return batches.map((batch) => {
    const part = partByPlace.get(placeOf(batch))
    if (part === undefined) {
      return { status: 'failed', error: new KafkaCodeError(NETWORK_EXCEPTION, placeOf(batch)) }
    }
    const { errorCode, baseOffset } = part
    if (errorCode === 0) return { status: 'acknowledged', baseOffset }
    return { status: 'failed', error: new KafkaCodeError(errorCode, placeOf(batch)) }
  })
}

export function placeOf({ topic, partition }: LinkBatch | PartResponse): string {
  return `${topic}/${partition}`
}
