// B, what every figure is a share of: a bare node:http that reads the body and parses it, no more.
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { listenAsPeer } from './listen.ts'

listenAsPeer(
  createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const accepted =
        request.method === 'POST'
          ? countEvents(Buffer.concat(chunks), request.headers['content-encoding'])
          : 0
      const answer = `{"accepted":${accepted}}`
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': answer.length,
      })
      response.end(answer)
    })
  }),
)

function countEvents(body: Buffer, encoding: string | undefined): number {
  const text = encoding === 'gzip' ? gunzipSync(body) : body
  // Our own load sends either one event or a batch.
  const parsed = JSON.parse(text.toString()) as { readonly batch?: readonly unknown[] }
  return parsed.batch?.length ?? 1
}
