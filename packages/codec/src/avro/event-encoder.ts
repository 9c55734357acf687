import type { TrackedEvent } from '@custom-events/event'
import { eventAvroSchema } from './avro-schemas.ts'
import { createFramedCodec, type FramedCodec } from './framed-encoder.ts'
import { checkAvroSchema } from './record-layout.ts'

/** Accepted events as records of schemas/event.avsc. @throws when that is not made of the table of fields. */
export function createEventCodec(): FramedCodec<TrackedEvent> {
  checkAvroSchema(eventAvroSchema)
  return createFramedCodec(eventAvroSchema)
}
