import { createSender, type Answer, type Sender } from './send.ts'

/** One request to one, the next to the next: what was not answered is sent to another when it is sent again. */
export function createBalancer(
  urlByName: ReadonlyMap<string, string>,
  open: (url: string) => Sender = createSender,
): Sender {
  const senders = [...urlByName].map(([name, url]) => ({ name, sender: open(url) }))
  if (senders.length === 0) throw new RangeError('a balancer needs somebody to send to')
  let turn = 0
  return {
    close: () => senders.forEach(({ sender }) => sender.close()),
    send: async (body): Promise<Answer | null> => {
      const next = senders[turn++ % senders.length]
      const answer = (await next?.sender.send(body)) ?? null
      return answer === null ? null : { ...answer, by: next?.name ?? '' }
    },
  }
}
