import { OTHER_CALLS } from '../contract/call-type.ts'
import { reject, type Notes } from './notes.ts'
import { describeValue } from '../contract/problem.ts'
import type { Field } from '../contract/fields.ts'

export function rejectType(notes: Notes, { value, pointer }: Field): void {
  reject(notes, 'unknown_type', pointer, {
    detail: 'type is no call that SDKs make',
    expected: `track, or one of ${[...OTHER_CALLS].join(', ')}, which are ignored`,
    got: describeValue(value),
    suggestion: 'set type to "track", or leave it out',
  })
}
