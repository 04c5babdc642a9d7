/** The ledger of an incremental stream. Rules: https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds. */

import { scopeOf } from '../../xds/subscription.ts'
import { typeRule, typeUrls } from '../../xds/type-rules.ts'
import {
  type DeltaRequest,
  deltaNodeField,
  deltaRequest,
  deltaResponse,
  parseDeltaRequest,
  parseDeltaResponse,
} from './delta-messages.ts'
import type { LastGood } from './last-good.ts'
import { type Ledger, offlineNoncePrefix, type RequestVerdict } from './ledger.ts'
import { type Outstanding, takeAnswered } from './outstanding.ts'

interface TypeState {
  readonly typeUrl: string
  /** Subscribed by a first request without names, which must be repeated as it was. */
  isUnnamed: boolean
  isWildcard: boolean
  readonly names: Set<string>
  /** Name → version of what Envoy has accepted. */
  readonly held: Map<string, string>
  /** Names in responses that Envoy refused: it may hold any version of them. */
  readonly uncertain: Set<string>
  readonly outstanding: Outstanding[]
  /** Names that the agent itself has said do not exist. */
  readonly toldAbsent: Set<string>
  hasAccepted: boolean
}

/** No resource has it: the daemon then sends the resource again, or says that it is gone. */
const unknownVersion = 'unknown'

export function createDeltaLedger(lastGood: LastGood): Ledger {
  const types = new Map<string, TypeState>()
  let epoch = 0
  let offlineResponses = 0

  const answered = (state: TypeState, request: DeltaRequest): Outstanding | undefined => {
    const response = takeAnswered(state.outstanding, request.nonce)
    if (response === undefined) return undefined
    if (request.isRefusal) {
      for (const { name } of response.resources) state.uncertain.add(name)
      for (const name of response.removed) state.uncertain.add(name)
      return response
    }
    state.hasAccepted = true
    for (const { name, version } of response.resources) {
      state.held.set(name, version)
      state.uncertain.delete(name)
    }
    for (const name of response.removed) {
      state.held.delete(name)
      state.uncertain.delete(name)
    }
    const { resources, removed } = response
    lastGood.accept(state.typeUrl, { resources, removed, absent: removed.filter(name => state.names.has(name)) })
    return response
  }

  const missing = (state: TypeState): Pick<Outstanding, 'resources' | 'removed'> | undefined => {
    const kept = lastGood.ofType(state.typeUrl)
    if (kept === undefined) return undefined
    const sent = new Set(state.outstanding.flatMap(({ resources }) => resources.map(({ name }) => name)))
    const resources = [...kept.resources.values()].filter(
      ({ name }) => !state.held.has(name) && !sent.has(name) && isWanted(state, name, types),
    )
    const removed = [...kept.absent].filter(name => state.names.has(name) && !state.toldAbsent.has(name))
    for (const name of removed) state.toldAbsent.add(name)
    // Envoy waits for a wildcard's first response even when there is nothing in it.
    const isFirst = state.isWildcard && !state.hasAccepted && state.outstanding.length === 0
    return resources.length > 0 || removed.length > 0 || isFirst ? { resources, removed } : undefined
  }

  return {
    nodeField: deltaNodeField,
    request(body): RequestVerdict {
      const request = parseDeltaRequest(body)
      const { typeUrl, node, isRefusal } = request
      const known = types.get(typeUrl)
      const state = known ?? newState(request)
      types.set(typeUrl, state)
      const response = request.nonce === '' ? undefined : answered(state, request)
      changeSubscription(state, request)
      for (const name of request.unsubscribe) {
        if (!state.isWildcard) lastGood.accept(typeUrl, { removed: [name] })
      }
      if (request.nonce === '' || response?.epoch === epoch) return { typeUrl, node, isRefusal, forward: body }
      // It answers a response that this daemon does not know; what else it says must still arrive.
      const isChange = known === undefined || request.subscribe.length > 0 || request.unsubscribe.length > 0
      return { typeUrl, node, isRefusal, forward: isChange ? deltaRequest(request) : undefined }
    },
    response(body) {
      const { typeUrl, nonce, resources, removed } = parseDeltaResponse(body)
      types.get(typeUrl)?.outstanding.push({ nonce, epoch, version: '', resources, removed })
    },
    replay() {
      epoch += 1
      return [...types.values()].map(state =>
        deltaRequest({ typeUrl: state.typeUrl, subscribe: subscribedNames(state), initialVersions: versions(state) }),
      )
    },
    offline() {
      const responses: Buffer[] = []
      for (const state of inPushOrder(types)) {
        const content = missing(state)
        if (content === undefined) continue
        offlineResponses += 1
        const nonce = `${offlineNoncePrefix}${offlineResponses}`
        state.outstanding.push({ nonce, epoch: -1, version: '', ...content })
        responses.push(deltaResponse({ typeUrl: state.typeUrl, nonce, ...content }))
      }
      return responses
    },
    hasAccepted: typeUrl => types.get(typeUrl)?.hasAccepted === true,
    settle() {
      for (const { typeUrl, held, names } of types.values()) {
        lastGood.retain(typeUrl, name => held.has(name) || names.has(name))
      }
    },
  }
}

function newState({ typeUrl, subscribe, unsubscribe, initialVersions }: DeltaRequest): TypeState {
  const isUnnamed = subscribe.length === 0 && unsubscribe.length === 0
  return {
    typeUrl,
    isUnnamed,
    isWildcard: isUnnamed && typeRule(typeUrl).emptySubscription === 'wildcard',
    names: new Set(),
    held: new Map(initialVersions),
    uncertain: new Set(),
    outstanding: [],
    toldAbsent: new Set(),
    hasAccepted: false,
  }
}

function changeSubscription(state: TypeState, request: DeltaRequest): void {
  for (const name of request.subscribe) {
    if (name === '*') state.isWildcard = true
    else state.names.add(name)
  }
  for (const name of request.unsubscribe) {
    if (name === '*') {
      state.isWildcard = false
      state.isUnnamed = false
    } else {
      state.names.delete(name)
      state.toldAbsent.delete(name)
      // Envoy forgets it with the subscription; under a wildcard it is told again.
      state.held.delete(name)
    }
  }
}

function subscribedNames(state: TypeState): string[] {
  const names = [...state.names]
  // Only the repeated empty list means the same again, unless there are names, beside which the wildcard must be named.
  if (state.isUnnamed && names.length === 0) return []
  return state.isWildcard ? ['*', ...names] : names
}

/** What Envoy holds, or may hold. */
function versions(state: TypeState): Map<string, string> {
  const all = new Map(state.held)
  for (const name of state.uncertain) all.set(name, unknownVersion)
  for (const { resources, removed } of state.outstanding) {
    for (const { name } of resources) all.set(name, unknownVersion)
    for (const name of removed) all.set(name, unknownVersion)
  }
  return all
}

function isWanted(state: TypeState, name: string, types: ReadonlyMap<string, TypeState>): boolean {
  if (state.isWildcard || state.names.has(name)) return true
  if (!state.isUnnamed || state.typeUrl !== typeUrls.virtualHost) return false
  // A virtual host that comes before its route configuration is lost.
  const routes = types.get(typeUrls.route)
  const scope = scopeOf(name)
  return (
    routes !== undefined &&
    (routes.held.has(scope) ||
      routes.outstanding.some(({ resources }) => resources.some(route => route.name === scope)))
  )
}

function inPushOrder(types: ReadonlyMap<string, TypeState>): TypeState[] {
  return [...types.values()].sort((a, b) => typeRule(a.typeUrl).order - typeRule(b.typeUrl).order)
}
