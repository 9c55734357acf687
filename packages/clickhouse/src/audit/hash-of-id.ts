import { createHash } from 'node:crypto'

/**
 * What the audit keeps in place of the id of a person: whoever knows the id finds the entries about them, and nobody reads it
 * from there after an erasure. In SQL: `lower(hex(substring(SHA256(id), 1, 16)))`.
 */
export function hashOfId(id: string): string {
  return createHash('sha256').update(id, 'utf8').digest('hex').slice(0, 32)
}
