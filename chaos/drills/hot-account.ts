import { atMost, median, p99, told, type Figure } from './figures.ts'
import { acceptedMs, countStatus, type Sample } from './load.ts'
import { startStage, type Orders } from './stage.ts'

/** Of the peak that was measured first. */
const SHARE_OF_PEAK = 0.4
const HOT = 'account_hot'
const HOT_SHARE = 0.9
const ROUNDS = 4
const ROUND_SECONDS = 12

/**
 * The same load, in turns, spread evenly and with nine tenths of it from one account; the others' p99
 * is compared. In turns, so that whatever else the machine does meets both.
 */
export async function hotAccount({ minutes, seed, say }: Orders): Promise<readonly Figure[]> {
  await using stage = await startStage({ name: 'hot-account', eventsPerRequest: 1, say })
  const { load } = stage
  await load.saturate(16, 5)
  const calibration = await load.saturate(16, 6)
  const peak = countStatus(calibration.samples, 200) / calibration.seconds
  const requestsPerSecond = peak * SHARE_OF_PEAK
  say(`peak ${peak.toFixed(0)} requests/s; ${requestsPerSecond.toFixed(0)} from now on`)
  const seconds = minutes === null ? ROUND_SECONDS : (minutes * 60) / ROUNDS / 2
  const even = (n: number): string => `account_${(seed + n) % 500}`
  const hot = (n: number): string => (n % 10 < HOT_SHARE * 10 ? HOT : even(n))
  const samples = { even: [] as Sample[], hot: [] as Sample[] }
  for (let round = 1; round <= ROUNDS; round++) {
    const calm = await load.offer({ requestsPerSecond, seconds, groupId: even })
    const skewed = await load.offer({ requestsPerSecond, seconds, groupId: hot })
    samples.even.push(...calm.samples)
    samples.hot.push(...skewed.samples)
    say(`round ${round} of ${ROUNDS}: ${samples.even.length + samples.hot.length} answers`)
  }
  const [itself, others] = split(samples.hot, ({ groupId }) => groupId === HOT)
  // The same tenth of the accounts in both: a p99 of fewer samples is nearer to their maximum.
  const compared = new Set(others.map(({ groupId }) => groupId))
  const [peers] = split(samples.even, ({ groupId }) => compared.has(groupId))
  const [calm, skewed] = [p99(acceptedMs(peers)), p99(acceptedMs(others))]
  const all = [...samples.even, ...samples.hot]
  return [
    told('offered', requestsPerSecond, ' events/s'),
    told('samples compared, evenly spread and skewed', `${peers.length}, ${others.length}`),
    told('p99 of some accounts, evenly spread', calm, ' ms'),
    told('p99 of the same, another account with 90 %', skewed, ' ms'),
    told('p99 of that account', p99(acceptedMs(itself)), ' ms'),
    told('medians of the three', [peers, others, itself].map(middle).join(', '), ' ms'),
    atMost('others ÷ even', skewed / calm, 2),
    atMost('refused or unanswered', all.length - countStatus(all, 200), 0),
    ...(await stage.compare()),
  ]
}

function middle(samples: readonly Sample[]): string {
  return median(acceptedMs(samples)).toFixed(1)
}

function split(
  samples: readonly Sample[],
  isFirst: (sample: Sample) => boolean,
): readonly [readonly Sample[], readonly Sample[]] {
  return [samples.filter(isFirst), samples.filter((sample) => !isFirst(sample))]
}
