// What a replay uses of the consumer, so that a record is judged by the same code twice.
export { HEADERS } from './dead-letter/dead-letter.ts'
export { isErasedRejectedEvent } from './erased/erased-records.ts'
export { findRefused } from './insert/isolate.ts'
export { restoredHeaders } from './dead-letter/own-headers.ts'
export { avroRoute, type Route, type TopicRoute } from './read/route.ts'
export { inOrderOf } from './read/generations-read.ts'
