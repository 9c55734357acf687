import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type BrowserContext } from 'playwright-core'

/** Names under which systems install it; `CHROMIUM_PATH` names another. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Nothing leaves the machine, and it also runs as root, in a container, without a screen. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

/** @returns why no page can be tried in a real browser here, or `null` when it can; for `skip`. */
export function whyNoChromium(): string | null {
  if (chromiumPath() !== null) return null
  return 'NOT TESTED: there is no Chromium here (tools/install-test-extras.sh installs it)'
}

/** The system's Chromium with an empty profile, gone on dispose. */
export async function startChromium(): Promise<BrowserContext & AsyncDisposable> {
  const executablePath = chromiumPath()
  if (executablePath === null) throw new Error('there is no Chromium here')
  const profile = await mkdtemp(join(tmpdir(), 'custom-events-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: FLAGS,
    timeout: 60_000,
  })
  context.setDefaultTimeout(100_000) // a page may share two cores with servers
  return Object.assign(context, {
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  })
}

/** The system's Chromium for several visitors, each in a context of its own. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === null) throw new Error('there is no Chromium here')
  return chromium.launch({ executablePath, headless: true, args: [...FLAGS], timeout: 60_000 })
}

function chromiumPath(): string | null {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined) return existsSync(named) ? named : null
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return paths.find((path) => existsSync(path)) ?? null
}
