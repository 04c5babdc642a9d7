/** One stream: takes its requests, keeps a watch per type, and sends what is due in the order of the types. */

import type { Clock, Timer } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { Duplex } from '../platform/rpc.ts'
import { mayRemove, mustWait } from './push-order.ts'
import type { RequestLimits, XdsRequest } from './requests.ts'
import type { SessionStatus, TypeStatus } from './session-status.ts'
import { wantsNothing } from './subscription.ts'
import { applyDelta, applySotw, type SubscriptionStep } from './subscription-rules.ts'
import { Table } from './table.ts'
import type { NodeIdentity, TableSet, XdsVariant } from './table-set.ts'
import { typeRule, typeUrls } from './type-rules.ts'
import { type Nack, Watch, type WatchShared } from './watch.ts'

export interface SessionStats {
  messagesSent: number
  bytesSent: number
  acks: number
  nacks: number
  staleNonces: number
}

export interface SessionContext {
  readonly shared: WatchShared
  readonly stats: SessionStats
  readonly limits: RequestLimits
  readonly clock: Clock
  /** How long after its start a stream keeps clusters that its client held before and that are gone, in ms. */
  readonly settleMs: number
  /** Asks for `pump` at the next flush. */
  wake(session: Session): void
  /** Pumps now; what it throws ends the stream. */
  run(session: Session): void
  /** What is wanted of a type has changed; nothing of it is sent before this returns. */
  onSubscribed(session: Session, typeUrl: string): void
  onAccepted(session: Session, typeUrl: string): void
  onRefused(session: Session, typeUrl: string, nack: Nack): void
  /** A request for a type that has no tables. */
  onUnserved(session: Session, request: XdsRequest): void
}

export interface Admission {
  readonly id: number
  readonly stream: Duplex
  readonly node: NodeIdentity
  readonly tables: TableSet
  readonly variant: XdsVariant
}

export class Session {
  readonly id: number
  readonly variant: XdsVariant
  readonly node: NodeIdentity
  readonly #stream: Duplex
  readonly #tables: TableSet
  readonly #context: SessionContext
  readonly #connectedAtMs: number
  /** Sorted by the types' order. */
  #watches: Watch[] = []
  readonly #byType = new Map<string, Watch>()
  readonly #watchOf = (typeUrl: string): Watch | undefined => this.#byType.get(typeUrl)
  #isWritable = true
  /** A transport may answer within `send`: what comes of that waits for the end of the round. */
  #isPumping = false
  #pumpAgain = false
  #isClosed = false
  #settleTimer: Timer | undefined
  /** Clusters sent before the client asked for endpoints: it will wait for those, whatever it says to hold. */
  #clustersSent: (readonly string[])[] = []
  /** Route configurations that the client has refused: it ignores their virtual hosts. */
  readonly #refusedRoutes = new Set<string>()

  constructor(admission: Admission, context: SessionContext) {
    this.id = admission.id
    this.variant = admission.variant
    this.node = admission.node
    this.#stream = admission.stream
    this.#tables = admission.tables
    this.#context = context
    this.#connectedAtMs = context.clock.now()
    this.#tables.onReplaced(typeUrl => this.#replaceTables(typeUrl))
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Throws a `MeshwrightError` that ends the stream. */
  receive(request: XdsRequest): void {
    if (this.#isClosed) return
    const known = this.#byType.get(request.typeUrl)
    if (known === undefined) this.#firstRequest(request)
    else this.#laterRequest(known, request)
    this.pump()
  }

  drained(): void {
    this.#isWritable = true
    this.pump()
  }

  /** Sends what is due, as far as the client and its socket are ready. Cost: the number of types, and of what is sent. */
  pump(): void {
    if (this.#isPumping) {
      this.#pumpAgain = true
      return
    }
    this.#isPumping = true
    try {
      do {
        this.#pumpAgain = false
        this.#sendDue()
      } while (this.#pumpAgain)
    } finally {
      this.#isPumping = false
    }
  }

  #sendDue(): void {
    for (const watch of this.#watches) {
      if (this.#isClosed) return
      if (!this.#isWritable) return
      const hasNews = watch.hasNews
      // Whoever is lost is behind, so that of the others nothing more is asked.
      if (hasNews && watch.isLost)
        throw new MeshwrightError('XDS_CLIENT_TOO_SLOW', { message: 'the client is too far behind; reconnect' })
      if (watch.isUnacked || !(hasNews || watch.hasHeldBack)) continue
      if (mustWait(watch.rule, this.#watchOf)) continue
      this.#send(watch)
      // Settled without a word, as when nothing of the change was wanted: no ACK will come, and removals may wait for it.
      if (hasNews && watch.isSettled) this.#pumpAgain = true
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#settleTimer?.cancel()
    for (const watch of this.#watches) watch.close()
    this.#tables.close()
  }

  /** Cheap: what it says of the types is put together when it is read. */
  status(): SessionStatus {
    const watches = this.#watches
    return {
      id: this.id,
      node: this.node,
      peer: this.#stream.peer,
      variant: this.variant,
      tables: this.#tables,
      connectedAtMs: this.#connectedAtMs,
      get types() {
        return watches.map(typeStatus)
      },
    }
  }

  #send(watch: Watch): void {
    const response = watch.next(this.#mayRemove(watch) ? 'allowed' : 'held back')
    if (response === undefined) return
    const { stats } = this.#context
    watch.sentAtMs = this.#context.clock.now()
    stats.messagesSent++
    stats.bytesSent += response.sizeBytes
    this.#isWritable = this.#stream.send(response.frame)
    if (watch.rule.typeUrl === typeUrls.cluster) this.#oweEndpoints(watch.lastChanged)
    if (watch.rule.typeUrl === typeUrls.route && this.#refusedRoutes.size > 0) this.#oweHosts(watch.lastChanged.flat())
  }

  #mayRemove(watch: Watch): boolean {
    const phase = this.#settleTimer === undefined ? 'settled' : 'settling'
    return mayRemove(watch.rule, phase, this.#watchOf, this.#watches)
  }

  /** "Warming of Cluster is completed only when a new ClusterLoadAssignment response is supplied … even though there is no change" */
  #oweEndpoints(clusters: readonly (readonly string[])[]): void {
    const endpoints = this.#byType.get(typeUrls.endpoint)
    if (endpoints === undefined) this.#clustersSent.push(...clusters)
    else for (const names of clusters) endpoints.owe(names)
  }

  /** What was refused comes again, and its virtual hosts with it. */
  #oweHosts(routes: readonly string[]): void {
    const hosts = this.#byType.get(typeUrls.virtualHost)
    const again = routes.filter(name => this.#refusedRoutes.delete(name))
    hosts?.oweScopes(again.filter(name => hosts.subscription.scopes.has(name)))
  }

  #firstRequest(request: XdsRequest): void {
    const { limits, shared } = this.#context
    if (this.#watches.length >= limits.typesPerStream) {
      throw new MeshwrightError('XDS_REQUEST_INVALID', {
        message: `more than ${limits.typesPerStream} types on a stream`,
      })
    }
    if (request.nonce !== '') this.#context.stats.staleNonces++
    const rule = typeRule(request.typeUrl)
    const watch = new Watch(rule, this.variant, shared, () => this.#context.wake(this))
    this.#byType.set(request.typeUrl, watch)
    this.#watches = [...this.#watches, watch].sort((a, b) => a.rule.order - b.rule.order)
    const step = this.#step(watch, request)
    watch.subscribe(step.state, this.#scopes())
    const tables = this.#tablesOf(request.typeUrl)
    watch.start(tables, request.initialVersions.size === 0 ? noVersions : heldVersions(request.initialVersions))
    if (request.typeUrl === typeUrls.endpoint) {
      for (const names of this.#clustersSent) watch.doubt(names)
      this.#clustersSent = []
    }
    if (request.typeUrl === typeUrls.cluster && request.initialVersions.size > 0) this.#settle()
    if (request.typeUrl === typeUrls.route || request.typeUrl === typeUrls.virtualHost) this.#followRoutes([])
    if (tables.length === 0) this.#context.onUnserved(this, request)
    else this.#context.onSubscribed(this, request.typeUrl)
  }

  #laterRequest(watch: Watch, request: XdsRequest): void {
    if (!watch.isServed) this.#context.onUnserved(this, request)
    if (!this.#takeNonce(watch, request)) {
      this.#context.stats.staleNonces++
      // In delta "the server must honor changes to the subscription state even if the nonce is stale". In the state of the
      // world it "should not send a DiscoveryResponse for any DiscoveryRequest that has a stale nonce"; but one that crosses
      // a response is the client's latest word, and nothing is sent before that response is acknowledged. Were it ignored,
      // a name left out and listed again meanwhile would never be sent again.
      if (this.variant === 'sotw' && !watch.isUnacked) return
    }
    const step = this.#step(watch, request)
    if (step.state.names.size > this.#context.limits.names) {
      throw new MeshwrightError('XDS_REQUEST_INVALID', {
        message: `the subscription has more than ${this.#context.limits.names} resources`,
      })
    }
    const isChanged = step.state !== watch.state
    if (isChanged) watch.subscribe(step.state, this.#scopes())
    if (step.resendAll) watch.resendAll()
    if (step.answer.length > 0) watch.answer(step.answer)
    if (isChanged && watch.rule.typeUrl === typeUrls.route) this.#followRoutes(step.answer)
    if (isChanged) this.#context.onSubscribed(this, request.typeUrl)
  }

  #step(watch: Watch, request: XdsRequest): SubscriptionStep {
    return this.variant === 'delta'
      ? applyDelta(watch.state, { subscribe: request.names, unsubscribe: request.unsubscribe }, watch.rule)
      : applySotw(watch.state, request.names, watch.rule)
  }

  /** False when the nonce is stale. */
  #takeNonce(watch: Watch, request: XdsRequest): boolean {
    const { nonce, error, typeUrl } = request
    if (nonce === '') return true
    if (nonce !== watch.unackedNonce) return nonce === watch.lastNonce
    if (error === undefined) {
      watch.accept()
      this.#context.stats.acks++
      this.#context.onAccepted(this, typeUrl)
    } else {
      const nack = { message: error, nonce, atMs: this.#context.clock.now() }
      watch.refuse(nack)
      if (typeUrl === typeUrls.route) for (const name of watch.lastChanged.flat()) this.#refusedRoutes.add(name)
      this.#context.stats.nacks++
      this.#context.onRefused(this, typeUrl, nack)
    }
    return true
  }

  /** The virtual hosts of the subscribed route configurations are subscribed with them; `answered` ones are due again. */
  #followRoutes(answered: readonly string[]): void {
    const hosts = this.#byType.get(typeUrls.virtualHost)
    if (hosts?.state?.followsRoutes !== true) return
    const { scopes: before, wildcard: wasWildcard } = hosts.subscription
    const scopes = this.#scopes()
    const wildcard = this.#byType.get(typeUrls.route)?.state?.wildcard === true
    hosts.subscribe({ ...hosts.state, wildcard }, scopes)
    if (wildcard && !wasWildcard) hosts.resendAll()
    hosts.oweScopes(new Set([...scopes].filter(scope => !before.has(scope) || answered.includes(scope))))
  }

  #scopes(): ReadonlySet<string> {
    return this.#byType.get(typeUrls.route)?.subscription.names ?? wantsNothing.scopes
  }

  #replaceTables(typeUrl: string): void {
    const watch = this.#byType.get(typeUrl)
    if (watch === undefined || this.#isClosed) return
    watch.replaceTables(this.#tablesOf(typeUrl))
    this.#context.wake(this)
  }

  #tablesOf(typeUrl: string): readonly Table[] {
    return this.#tables.tables(typeUrl).map(table => {
      if (table instanceof Table) return table
      throw new TypeError('a table was not made by createResourceTable')
    })
  }

  /** The client holds routes of an earlier stream: until it has asked for all its types again, no cluster goes. */
  #settle(): void {
    this.#settleTimer = this.#context.clock.after(this.#context.settleMs, () => {
      this.#settleTimer = undefined
      this.#context.run(this)
    })
  }
}

const noVersions: ReadonlyMap<string, { version: string }> = new Map()

function heldVersions(versions: ReadonlyMap<string, string>): ReadonlyMap<string, { version: string }> {
  return new Map([...versions].map(([name, version]) => [name, { version }]))
}

function typeStatus(watch: Watch): TypeStatus {
  return {
    typeUrl: watch.rule.typeUrl,
    subscription: watch.subscription,
    wildcard: watch.subscription.wildcard,
    get names() {
      return [...watch.subscription.names].sort()
    },
    versionSent: watch.versionSent,
    versionAcked: watch.versionAcked,
    lastNack: watch.lastNack,
    isRefused: watch.isRefused,
    isUnacked: watch.isUnacked,
    get isSettled() {
      return watch.isSettled
    },
    get unackedSinceMs() {
      return watch.isUnacked ? watch.sentAtMs : undefined
    },
    get refusedNames() {
      return watch.refusedNames
    },
    get lastChanged() {
      return watch.lastChanged.flat()
    },
    held: () => watch.accepted(),
    sent: names => watch.sent(names),
    standings: names => watch.standings(names),
  }
}
