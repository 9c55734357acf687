import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@custom-events/embedded'

/** A real Prometheus with the alerts as they are shipped. */
export interface Prometheus extends AsyncDisposable {
  /** Names of the alerts that fire now. */
  firing(): Promise<readonly string[]>
}

const EVERY_SECONDS = 5
const ALERTS = fileURLToPath(new URL('../../deploy/prometheus/alerts.yml', import.meta.url))

/** @returns `null` where there is no Prometheus: tools/install-test-extras.sh installs it. */
export async function startPrometheus(
  portByJob: Readonly<Record<string, number>>,
): Promise<Prometheus | null> {
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-prometheus-'))
  const jobs = Object.entries(portByJob).map(
    ([job, port]) =>
      `  - { job_name: ${job}, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }\n`,
  )
  const config = join(folder, 'prometheus.yml')
  copyFileSync(ALERTS, join(folder, 'alerts.yml'))
  writeFileSync(
    config,
    `global: { scrape_interval: ${EVERY_SECONDS}s, evaluation_interval: ${EVERY_SECONDS}s }
rule_files: [alerts.yml]
scrape_configs:
${jobs.join('')}`,
  )
  const port = await freePort()
  const log = openSync(join(folder, 'log'), 'a')
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', log, log] },
  )
  const isThere = await once(child, 'spawn').then(
    () => true,
    () => false,
  )
  if (!isThere) return null
  const onExit = (): void => void child.kill('SIGKILL')
  process.once('exit', onExit) // it must not outlive us
  return {
    firing: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`)
      // https://prometheus.io/docs/prometheus/latest/querying/api/#alerts
      const { data } = (await response.json()) as {
        data: { alerts: { state: string; labels: { alertname: string } }[] }
      }
      const fires = data.alerts.filter(({ state }) => state === 'firing')
      return [...new Set(fires.map(({ labels }) => labels.alertname))].toSorted()
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      process.off('exit', onExit)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
