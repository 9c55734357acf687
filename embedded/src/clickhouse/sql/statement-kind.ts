import { exception, type ServerException } from '../engine/errors.ts'

/** What the front has to do for a statement. */
export type Statement =
  | {
      /** Rows stream out: `text` without its FORMAT clause and what follows that. */
      readonly kind: 'select'
      readonly text: string
      readonly format: string | undefined
      readonly settings: string
    }
  | {
      /** Data follows the text, from byte `dataStart` on. */
      readonly kind: 'insert'
      readonly target: string
      readonly settings: string
      readonly format: string
      readonly dataStart: number
    }
  /** INSERT … SELECT. */
  | { readonly kind: 'insert select'; readonly text: string }
  /** Everything else: it answers little or nothing. */
  | { readonly kind: 'command'; readonly text: string; readonly format: string | undefined }
  | { readonly kind: 'refused'; readonly error: ServerException }

export function refused(code: 48 | 62 | 78 | 482, message: string): Statement {
  return { kind: 'refused', error: exception(code, message) }
}

export function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}
