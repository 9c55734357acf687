import type { Disagreement } from './fuzz.fixture.ts'

const MAX_CHARS = 4_000

function cut(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text
}

/** What two ways say of a body, and the body as a command that sends it. */
export function reportOf({ sent, ways, outcomes }: Disagreement): string {
  const told = ways.map((way, index) => {
    const outcome = outcomes[index]
    const records = outcome?.records.map(({ partition, key, value }) => {
      return `partition ${partition} key ${key?.toString('base64')} value ${value?.toString('base64')}`
    })
    return [`${way}: ${outcome?.told}`, ...(records ?? [])].map(cut).join('\n  ')
  })
  const { accounts = null } = sent
  const beside = [
    ...(accounts === null ? [] : [`its key may write: ${[...accounts].join()}`]),
    ...(sent.hasPlans === true ? ['with the tracking plans of fuzz.fixture.ts'] : []),
  ]
  return ['two ways do not agree:', ...told, ...beside, curlOf(sent)].join('\n')
}

/** A path of the request's audience; the dry run of the same body judges it on the reference path. */
function curlOf({ bytes, headers, audience }: Disagreement['sent']): string {
  const path = audience === 'sdk' ? '/v1/batch' : '/track'
  const said = Object.entries({ 'content-type': 'application/json', ...headers })
    .map(([name, value]) => ` -H '${name}: ${String(value)}'`)
    .join('')
  const send = `curl -sS 'http://127.0.0.1:3000${path}?results=all'${said} --data-binary @-`
  const text = bytes.toString('utf8')
  // What a terminal might change, or a shell, is sent as base64.
  const isPlain = /^[ -~\n]*$/.test(text) && !text.includes("'")
  return isPlain
    ? `printf %s '${text}' | ${send}`
    : `base64 -d <<< ${bytes.toString('base64')} | ${send}\n(${JSON.stringify(text)})`
}
