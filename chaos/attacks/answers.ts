/** Finds the answers in what comes back on a connection, however they are cut and however many there are. */
export interface AnswerReader {
  /** @returns of each answer that became whole its status and code, such as `413 body_too_large`. */
  read(chunk: Buffer): readonly string[]
  /** The server said that it closes the connection after an answer. */
  readonly isLast: boolean
}

export function createAnswerReader(): AnswerReader {
  let received = ''
  let isLast = false
  return {
    get isLast() {
      return isLast
    },
    read: (chunk) => {
      received += chunk.toString('latin1')
      const answers: string[] = []
      for (;;) {
        const answer = firstAnswer(received)
        if (answer === null) return answers
        received = received.slice(answer.length)
        isLast ||= answer.isLast
        if (answer.status !== CONTINUE) answers.push(answer.words)
      }
    },
  }
}

const CONTINUE = 100
const WITHOUT_BODY = [CONTINUE, 204, 304]

interface Answer {
  readonly status: number
  readonly words: string
  readonly isLast: boolean
  readonly length: number
}

/** @returns null while something is missing. Ingest always says the length of its answers. */
function firstAnswer(text: string): Answer | null {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const head = text.slice(0, headEnd)
  const status = Number(head.slice(9, 12))
  const announced = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const length = headEnd + 4 + (WITHOUT_BODY.includes(status) ? 0 : announced)
  if (text.length < length) return null
  const code = /"code":"(\w+)"/.exec(text.slice(headEnd, length))?.[1]
  return {
    status,
    words: code === undefined ? String(status) : `${status} ${code}`,
    isLast: /\r\nconnection: close/i.test(head),
    length,
  }
}
