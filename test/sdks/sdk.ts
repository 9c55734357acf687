/** One event as an app hands it to its SDK. */
export interface AppEvent {
  readonly event: string
  readonly userId: string
  readonly groupId: string
  readonly timestamp: Date
  readonly properties: Readonly<Record<string, string | number>>
}

/** An SDK as an app uses it. */
export interface Client {
  track(event: AppEvent): void
  /** Also something that is no event: a real app calls it too. */
  identify(userId: string): void
  /** Sends what is waiting; resolves when the SDK has finished with it. */
  close(): Promise<void>
}

/** A real SDK from its registry, pointed at us by nothing but its own options. */
export interface Sdk {
  readonly name: string
  /** Whether it sends again by itself what was refused with 429; Jitsu sends once. */
  readonly isResending: boolean
  /** Whether the app can say when an event happened. */
  readonly takesTimestamp: boolean
  /** It sends a request three times, then drops what is in it. @default false */
  readonly dropsSoon?: boolean
  /** It waits long before it sends again: half a minute for each outage. @default false */
  readonly isPatient?: boolean
  /** It runs in a page of another origin, which asks what it may send. @default false */
  readonly isBrowser?: boolean
  /** It sends by `sendBeacon`, which cannot ask and gets no answer. @default false */
  readonly isBeacon?: boolean
  /** Why it cannot be had on this machine. @default null: it can */
  readonly whyMissing?: string | null
  start(url: string, key: string): Client
}
