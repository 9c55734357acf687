import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startTestIngest } from '../../services/ingest/src/testing/test-support.ts'

const GUIDE = readFileSync(new URL('../../docs/producers.md', import.meta.url), 'utf8')

/** How a reader runs a block of the guide. */
const RUN = {
  sh: ['bash', '-c'],
  js: [process.execPath, '--input-type=module', '-e'],
  python: ['python3', '-c'],
} as const

/** The first block of a language in the guide, sent to `url` instead. */
function blockOf(language: keyof typeof RUN, url: string): string {
  const block = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(GUIDE)?.[1]
  assert.ok(block, `a block in ${language}`)
  assert.ok(block.includes('http://127.0.0.1:3000'))
  return block.replaceAll('http://127.0.0.1:3000', url)
}

for (const language of ['sh', 'js', 'python'] as const) {
  const [program, ...args] = RUN[language]
  const needed = language === 'sh' ? 'curl' : program
  const isMissing = spawnSync(needed, ['--version'], { stdio: 'ignore' }).status !== 0
  const skip = isMissing ? `SKIPPED: ${needed} does not work here` : false
  test(
    `docs/producers.md: the first event in ${language} is kept as it stands there`,
    { skip },
    async () => {
      await using ingest = await startTestIngest()
      const child = spawn(program, [...args, blockOf(language, ingest.url)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 30_000,
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
      const [code] = await once(child, 'close')
      assert.equal(code, 0, output)
      assert.match(output, /accepted 1 event/, 'the reader sees the answer')
      const [event, ...others] = ingest.events()
      assert.equal(others.length, 0)
      assert.deepEqual(
        [event?.event, event?.group_id, event?.user_id, JSON.parse(event?.properties ?? '').plan],
        ['subscription_upgraded', 'account_789', 'user_456', 'pro'],
      )
    },
  )
}
