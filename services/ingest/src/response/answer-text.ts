import type { Answer } from './answers.ts'

/**
 * An answer whose body is text already. A text made of an answer is a text of its own, where the parts of the answer may be
 * pieces of the body of its request, which for V8 keep all of that body in memory.
 */
export interface AnswerText extends Pick<Answer, 'status' | 'headers'> {
  /** A JSON object. */
  readonly text: string
}

export function answerText({ status, headers, body }: Answer): AnswerText {
  return { status, headers, text: JSON.stringify(body) }
}
