/** Whom an app names; of a visitor who has not said who they are it knows only an anonymous id. */
export type Person =
  { readonly userId: string } | { readonly userId?: string; readonly anonymousId: string }

/** What happened, as an app hands it to its SDK. */
export interface Happening {
  readonly event: string
  readonly groupId: string
  readonly timestamp: Date
  readonly properties: Readonly<Record<string, string | number>>
}

/** One event of a user. */
export interface AppEvent extends Happening {
  readonly userId: string
}

/** An SDK as an app uses it. */
export interface Client<Event = AppEvent> {
  track(event: Event): void
  /** Also something that is no event: a real app calls it too. */
  identify(userId: string): void
  /** Sends what is waiting; resolves when the SDK has finished with it. */
  close(): Promise<void>
  /** Ends it as it is, where it is a process of its own: one that goes on trying would outlive a test that failed. */
  kill?(): void
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
  /** Fetches and builds what `start` needs, for a test in which time counts. @default nothing is needed */
  prepare?(): Promise<void>
  start(url: string, key: string): Client
}

/** An SDK of a server, where the app says with each event whose it is. */
export interface ServerSdk extends Sdk {
  start(url: string, key: string): Client<Happening & Person>
}
