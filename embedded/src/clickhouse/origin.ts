import { isIP } from 'node:net'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Why a request may come from a web page that has no business here; undefined when it does not. A page cannot
 * choose its `Host`: a name that somebody pointed at this machine (DNS rebinding) is one that nobody configured.
 * @param names that this server is known by, besides loopback names and addresses
 */
export function whyForeign(
  headers: IncomingHttpHeaders,
  names: readonly string[],
): string | undefined {
  const { host, origin } = headers
  if (host !== undefined && !isKnown(host, names)) {
    return `the Host ${JSON.stringify(host)} is none of this server's`
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    return `the Origin ${JSON.stringify(origin)} is another one`
  }
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined
  return `a web page elsewhere asks (Sec-Fetch-Site: ${site})`
}

function isKnown(host: string, names: readonly string[]): boolean {
  if (!URL.canParse(`http://${host}/`)) return false
  const { hostname, host: parsed } = new URL(`http://${host}/`)
  if (parsed.toLowerCase() !== host.toLowerCase() && !host.endsWith(':80')) return false
  const name = hostname.replace(/^\[|\]$/g, '')
  return isIP(name) !== 0 || ['localhost', ...names].includes(name)
}
