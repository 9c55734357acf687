import type { TrackedEvent } from '@custom-events/event'
import { eventAvroSchema } from './avro-schemas.ts'
import { createFramedCodec, type FramedCodec } from './framed-encoder.ts'

/** Accepted events as records of schemas/event.avsc. */
export function createEventCodec(): FramedCodec<TrackedEvent> {
  return createFramedCodec(eventAvroSchema)
}
