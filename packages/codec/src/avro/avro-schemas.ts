import { readFileSync } from 'node:fs'

/** Text of schemas/event.avsc: what accepted events are encoded with and what the registry is given. */
export const eventAvroSchema: string = readSchema('event.avsc')

/** Text of schemas/rejected-event.avsc. */
export const rejectedAvroSchema: string = readSchema('rejected-event.avsc')

function readSchema(file: string): string {
  return readFileSync(new URL(`../../../../schemas/${file}`, import.meta.url), 'utf8')
}
