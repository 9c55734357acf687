// What a replay uses of the consumer, so that a record is judged by the same code twice.
export { HEADERS } from './dead-letter.ts'
export { findRefused } from './isolate.ts'
export { restoredHeaders } from './own-headers.ts'
export { avroRoute, type Route, type TopicRoute } from './route.ts'
