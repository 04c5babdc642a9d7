/** The ledger of a state-of-the-world stream. Rules: https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#state-of-the-world. */

import { typeRule } from '../../xds/type-rules.ts'
import type { LastGood } from './last-good.ts'
import { type Ledger, offlineNoncePrefix, type RequestVerdict } from './ledger.ts'
import { type Outstanding, takeAnswered } from './outstanding.ts'
import {
  parseSotwRequest,
  parseSotwResponse,
  type SotwRequest,
  sotwNodeField,
  sotwRequest,
  sotwResponse,
} from './sotw-messages.ts'

interface TypeState {
  readonly typeUrl: string
  names: readonly string[]
  /** Envoy has named a resource, after which an empty list wants nothing. */
  hasNamed: boolean
  /** Of the last response that Envoy accepted. */
  version: string
  /** Of the last response in this epoch. */
  nonce: string
  /** What this stream to the daemon was last told. */
  toldNames: string
  readonly outstanding: Outstanding[]
  /** Names that the agent has served by itself. */
  readonly served: Set<string>
  hasAccepted: boolean
}

export function createSotwLedger(lastGood: LastGood): Ledger {
  const types = new Map<string, TypeState>()
  let epoch = 0
  let offlineResponses = 0

  const answered = (state: TypeState, request: SotwRequest): Outstanding | undefined => {
    const response = takeAnswered(state.outstanding, request.nonce)
    if (response === undefined || request.isRefusal) return response
    state.hasAccepted = true
    // A version of the agent's own means nothing to a daemon.
    if (response.epoch >= 0) state.version = response.version
    const names = new Set(response.resources.map(({ name }) => name))
    if (typeRule(state.typeUrl).wholeState) lastGood.retain(state.typeUrl, name => names.has(name))
    lastGood.accept(state.typeUrl, { resources: response.resources })
    return response
  }

  const forwarded = (state: TypeState, body: Buffer): Buffer => {
    state.toldNames = state.names.join('\n')
    return body
  }

  return {
    nodeField: sotwNodeField,
    request(body): RequestVerdict {
      const request = parseSotwRequest(body)
      const { typeUrl, node, isRefusal } = request
      const state = types.get(typeUrl) ?? newState(request)
      types.set(typeUrl, state)
      state.names = request.names
      state.hasNamed ||= request.names.length > 0
      for (const name of state.served) if (!request.names.includes(name) && state.hasNamed) state.served.delete(name)
      const response = request.nonce === '' ? undefined : answered(state, request)
      if (request.nonce === '' || response?.epoch === epoch) {
        return { typeUrl, node, isRefusal, forward: forwarded(state, body) }
      }
      // With a response unanswered, its nonce would acknowledge it; Envoy's own answer will bring the names.
      const isAnswerDue = state.outstanding.some(each => each.epoch === epoch)
      if (isAnswerDue || request.names.join('\n') === state.toldNames) {
        return { typeUrl, node, isRefusal, forward: undefined }
      }
      const { version, nonce, names } = state
      return { typeUrl, node, isRefusal, forward: forwarded(state, sotwRequest({ typeUrl, version, nonce, names })) }
    },
    response(body) {
      const { typeUrl, nonce, version, resources } = parseSotwResponse(body)
      const state = types.get(typeUrl)
      if (state === undefined) return
      state.nonce = nonce
      state.outstanding.push({ nonce, epoch, version, resources, removed: [] })
    },
    replay() {
      epoch += 1
      return [...types.values()].map(state => {
        state.nonce = ''
        const { typeUrl, version, names } = state
        return forwarded(state, sotwRequest({ typeUrl, version, nonce: '', names }))
      })
    },
    offline() {
      const responses: Buffer[] = []
      for (const state of [...types.values()].sort((a, b) => typeRule(a.typeUrl).order - typeRule(b.typeUrl).order)) {
        const { typeUrl } = state
        const isAll = !state.hasNamed && typeRule(typeUrl).emptySubscription === 'wildcard'
        const kept = lastGood.ofType(typeUrl)
        if (kept === undefined || (state.hasAccepted && state.served.size === 0)) continue
        const wanted = [...kept.resources.values()].filter(
          ({ name }) => isAll || state.names.includes(name) || state.names.includes('*'),
        )
        // Envoy waits for a wildcard's first response even when there is nothing in it.
        const isFirst = isAll && !state.hasAccepted && state.outstanding.length === 0
        if (!isFirst && wanted.every(({ name }) => state.served.has(name))) continue
        for (const { name } of wanted) state.served.add(name)
        offlineResponses += 1
        const nonce = `${offlineNoncePrefix}${offlineResponses}`
        state.outstanding.push({ nonce, epoch: -1, version: nonce, resources: wanted, removed: [] })
        responses.push(sotwResponse({ typeUrl, version: nonce, nonce }, wanted))
      }
      return responses
    },
    hasAccepted: typeUrl => types.get(typeUrl)?.hasAccepted === true,
    settle() {
      for (const { typeUrl, names, hasNamed } of types.values()) {
        const wanted = new Set(names)
        if (hasNamed && !wanted.has('*')) lastGood.retain(typeUrl, name => wanted.has(name))
      }
    },
  }
}

function newState({ typeUrl, version }: SotwRequest): TypeState {
  return {
    typeUrl,
    names: [],
    hasNamed: false,
    version,
    nonce: '',
    toldNames: '',
    outstanding: [],
    served: new Set(),
    hasAccepted: false,
  }
}
