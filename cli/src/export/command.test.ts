import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command, CommanderError } from 'commander'
import { exportCommand } from './command.ts'
import type { ExportRequest } from './request.ts'

const NOW = Date.UTC(2026, 0, 31, 12)

async function parse(...args: readonly string[]) {
  let said = ''
  let request: ExportRequest | null = null
  let verified: string | null = null
  const program = new Command('custom-events').exitOverride()
  program.configureOutput({ writeErr: (text) => void (said += text) })
  const command = exportCommand(
    async (asked) => void (request = asked),
    async (folder) => void (verified = folder),
    () => NOW,
  )
  program.addCommand(command.copyInheritedSettings(program))
  try {
    await program.parseAsync(['export', ...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
  }
  return { request, verified, said }
}

test('whatever an account is called, it reaches the export as it is', async () => {
  const group = `it's -- "odd" \n`
  const { request } = await parse('--group', group, '--user=-u', '--out', 'o', '--from', '2h')
  assert.deepEqual(request, {
    group,
    user: '-u',
    anonymous: null,
    fromMs: NOW - 7_200_000,
    toMs: null,
    format: 'ndjson',
    out: 'o',
    maxFileBytes: 64 * 1024 * 1024,
    by: undefined,
  })
  assert.equal((await parse('--verify', 'o')).verified, 'o')
})

for (const [args, expected] of [
  [['--group', 'g'], /--group and --out are needed, or --verify alone/],
  [['--group', 'g', '--out', 'o', '--user', 'u', '--anonymous', 'a'], /cannot be used with option/],
  [['--group', 'g', '--out', 'o', '--format', 'csv'], /Allowed choices are ndjson, parquet/],
  [['--group', 'g', '--out', 'o', '--from', 'soon'], /Expected a time such as/],
  [['--group', 'g', '--out', 'o', '--from', '1h', '--to', '2h'], /--from does not lie before --to/],
  [['--group', 'g', '--out', 'o', '--file-mib', '0'], /a whole number from 1 to 1024, got 0/],
] as const) {
  test(`refused, with the way out: export ${args.join(' ')}`, async () => {
    const { request, said } = await parse(...args)
    assert.match(said, expected)
    assert.equal(request, null)
  })
}
